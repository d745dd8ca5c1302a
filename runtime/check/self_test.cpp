#include "runtime/check/self_test.h"

#include <algorithm>
#include <fstream>
#include <iomanip>
#include <iterator>

#include "host/cache_folder.h"
#include "host/hash.h"
#include "host/log.h"
#include "host/paths.h"
#include "host/stopwatch.h"
#include "host/vk/device.h"
#include "runtime/catalogue/rounding.h"
#include "runtime/check/large_case.h"
#include "runtime/check/op_run.h"
#include "runtime/gpu/kernel_maker.h"

namespace rwkvk::check {
namespace {

/// One operation whose answer distinguishes a fused, truncating or rearranging device.
struct Known {
    uint32_t operation, a, b, c, right, fused, toward_zero, rearranged;
};

// Bits chosen so that each fault gives another answer (0: the same as right). Derived by hand from IEEE 754.
constexpr Known known[] = {
    {ARITH_MUL_ADD, 0x3f800800, 0x3f800800, 0xbf801000, 0x00000000, 0x33800000, 0, 0},
    {ARITH_MUL_ADD, 0x3f800001, 0x3f800001, 0xbf800002, 0x00000000, 0x28800000, 0, 0},
    {ARITH_SUB_MUL, 0x3f800001, 0x3f800001, 0x3f800002, 0x00000000, 0xa8800000, 0, 0},
    {ARITH_SUB_MUL, 0x3eaaaaab, 0x40400000, 0x3f800000, 0x00000000, 0xb3000000, 0, 0},
    {ARITH_MUL_ADD, 0x3dcccccd, 0x41200000, 0xbf800000, 0x00000000, 0x32800000, 0, 0},
    {ARITH_MUL_ADD, 0x40490fdb, 0x3ea2f983, 0xbf800000, 0x00000000, 0xb256ff78, 0xb3800000, 0},
    {ARITH_MUL, 0x3fc00000, 0x3f800001, 0, 0x3fc00002, 0, 0x3fc00001, 0},
    {ARITH_MUL, 0x3f800003, 0x3f800003, 0, 0x3f800006, 0, 0, 0},
    {ARITH_MUL, 0x3f7fffff, 0x3f7fffff, 0, 0x3f7ffffe, 0, 0, 0},
    {ARITH_MUL, 0x3fb504f3, 0x3fb504f3, 0, 0x3fffffff, 0, 0, 0},
    {ARITH_ADD, 0x3f800001, 0x33800000, 0, 0x3f800002, 0, 0x3f800001, 0},
    {ARITH_ADD, 0x3f800000, 0x33800001, 0, 0x3f800001, 0, 0x3f800000, 0},
    {ARITH_ADD, 0x3f800000, 0xb3000001, 0, 0x3f7fffff, 0, 0, 0},
    {ARITH_ADD, 0x3f800000, 0xb3800001, 0, 0x3f7fffff, 0, 0x3f7ffffe, 0},
    {ARITH_ADD, 0x4b800001, 0x3f800000, 0, 0x4b800002, 0, 0x4b800001, 0},
    {ARITH_ADD, 0x3f800000, 0xa0000000, 0, 0x3f800000, 0, 0x3f7fffff, 0},
    {ARITH_ADD_SUB, 0x3f800000, 0x4b800000, 0, 0x00000000, 0, 0, 0x3f800000},
    {ARITH_ADD_ADD, 0x3f800000, 0x33800000, 0x33800000, 0x3f800000, 0, 0, 0x3f800001},
    {ARITH_MUL_CONSTS, 0x3f800003, 0, 0, 0x41700005, 0, 0, 0x41700006},
    {ARITH_MUL_CONSTS, 0x3f800005, 0, 0, 0x4170000a, 0, 0x41700008, 0x41700009},
    {ARITH_MUL_CONSTS, 0x01000003, 0, 0, 0x02f00005, 0, 0, 0x02f00006},
    {ARITH_MUL_PAIRS, 0x3f800800, 0x3f800800, 0xbf801000, 0xb9801000, 0xb9800800, 0, 0xb9800800},
    {ARITH_MUL_PAIRS, 0x3dcccccd, 0x41200001, 0x3f99999a, 0x41500002, 0, 0x41500001, 0},
    {ARITH_MUL_PAIRS, 0x3f800001, 0x3fc00003, 0x3eaaaaab, 0x40000003, 0, 0x40000002, 0},
};

std::string reading(const Known& row, uint32_t found) {
    if (row.fused && found == row.fused) return "it fuses multiplication and addition";
    if (row.toward_zero && found == row.toward_zero) return "it rounds towards zero";
    if (row.rearranged && found == row.rearranged) return "it rearranges additions or multiplications";
    return "an answer that no known fault explains";
}

void check_known(gpu::KernelStore& kernels, Verdict& verdict) {
    for (const Known& row : known) {
        const OpCase c{Op::arithmetic,
                       ArithmeticParams{1, 1, row.operation},
                       {{row.a}, {row.b}, {row.c}, {0}},
                       std::nullopt,
                       concat("operation ", row.operation)};
        for (const KernelChoice& choice : all_choices(Op::arithmetic, kernels.device().facts())) {
            const uint32_t found = run_on_device(c, choice, kernels)[3][0];
            if (found == row.right) continue;
            verdict.failures.push_back(concat("operation ", row.operation, " of ", std::hex, row.a, " ",
                                              row.b, " ", row.c, ": expected ", row.right, ", found ", found,
                                              ": ", reading(row, found)));
        }
    }
}

/// Values of a group whose unit is 1, and the whole numbers that they are rounded to.
constexpr std::pair<float, float> rounded[] = {
    {0.5f, 0},       {1.5f, 2},         {2.5f, 2},        {-0.5f, 0},       {-1.5f, -2},
    {2047.5f, 2048}, {-2046.5f, -2046}, {0.49999997f, 0}, {0.50000006f, 1}, {1024.49994f, 1024},
};

void check_rounding(gpu::KernelStore& kernels, Verdict& verdict) {
    std::vector<uint32_t> x(ROUND_GROUP, 0);
    for (size_t i = 0; i < std::size(rounded); ++i) x[i] = std::bit_cast<uint32_t>(rounded[i].first);
    const OpCase c{Op::round,
                   RoundParams{1, 1, 1, 0, 0, 0},
                   {x, std::vector<uint32_t>(rounded_width(1), 0)},
                   std::nullopt,
                   "ties"};
    for (const KernelChoice& choice : all_choices(Op::round, kernels.device().facts())) {
        const std::vector<uint32_t> y = run_on_device(c, choice, kernels)[1];
        for (size_t i = 0; i < std::size(rounded); ++i) {
            const auto found = std::bit_cast<float>(y[i]);
            if (found == rounded[i].second) continue;
            verdict.failures.push_back(concat("rounding of ", rounded[i].first, ": expected ",
                                              rounded[i].second, ", found ", found));
        }
    }
}

bool belongs(const OpCase& c, TestPart part) {
    return part ? c.matrix && c.matrix->format == *part : !c.matrix;
}

std::vector<gpu::KernelUse> kernels_of(TestPart part, const vk::DeviceFacts& facts) {
    std::vector<gpu::KernelUse> uses;
    for (size_t op = 0; op < all_ops().size(); ++op) {
        for (KernelChoice& choice : possible_choices(static_cast<Op>(op), facts)) {
            const bool belongs =
                part ? has_variant(choice.kernel, *part) : info(choice.kernel).weights == KernelWeights::one;
            if (belongs) uses.push_back({std::move(choice), part.value_or(WeightFormat::f32)});
        }
    }
    return uses;
}

/// Drivers compile side by side; what fails here fails again, and is told, where it is used.
void make_kernels(gpu::KernelStore& kernels, TestPart part) {
    try {
        gpu::KernelMaker(kernels, kernels_of(part, kernels.device().facts())).finish();
    } catch (const Error& error) {
        log(LogLevel::debug, error.what());
    }
}

}  // namespace

std::vector<OpCase> self_test_cases(Op op, TestPart part, const vk::DeviceFacts& facts) {
    std::vector<OpCase> cases = make_cases(op, CaseSet::quick, 1);
    std::ranges::move(large_cases(op, part, large_outs(facts, part)), std::back_inserter(cases));
    std::erase_if(cases, [&](const OpCase& c) { return !belongs(c, part); });
    return cases;
}

namespace {

void run_part(gpu::KernelStore& kernels, TestPart part, ThreadPool& pool, Verdict& verdict) {
    make_kernels(kernels, part);
    if (!part) {
        check_known(kernels, verdict);
        check_rounding(kernels, verdict);
    }
    for (size_t i = 0; i < all_ops().size(); ++i) {
        const auto op = static_cast<Op>(i);
        const vk::DeviceFacts& facts = kernels.device().facts();
        const std::vector<KernelChoice> choices = possible_choices(op, facts);
        for (const OpCase& c : self_test_cases(op, part, facts)) {
            for (std::string& failure : check_case(c, choices, kernels, pool))
                verdict.failures.push_back(std::move(failure));
        }
    }
}

std::string name_of(TestPart part) { return part ? std::string(info(*part).name) : "common"; }

/// Nothing for an entry that is missing or damaged.
std::optional<Verdict> read_verdict(const std::string& path) {
    std::ifstream file(to_path(path));
    if (path.empty() || !file) return std::nullopt;
    Verdict verdict;
    std::string line;
    std::getline(file, line);
    const bool passed = line == "exact", failed = line == "not exact";
    while (std::getline(file, line)) verdict.failures.push_back(line);
    if (passed != verdict.exact() || !(passed || failed)) return std::nullopt;
    return verdict;
}

void write_verdict(const std::string& path, const Verdict& verdict) {
    std::string text = verdict.exact() ? "exact\n" : "not exact\n";
    for (const std::string& failure : verdict.failures) text += failure + '\n';
    keep(path, {std::as_bytes(std::span(text))}, "the self-test's verdict is");
}

void append(Verdict& all, Verdict part) {
    for (std::string& failure : part.failures) all.failures.push_back(std::move(failure));
}

}  // namespace

std::vector<TestPart> parts_for(const std::vector<WeightFormat>& formats) {
    std::vector<TestPart> parts = {std::nullopt};
    parts.insert(parts.end(), formats.begin(), formats.end());
    return parts;
}

std::vector<TestPart> all_parts() {
    std::vector<WeightFormat> formats;
    for (size_t i = 0; i < all_weights().size(); ++i) formats.push_back(static_cast<WeightFormat>(i));
    return parts_for(formats);
}

Verdict self_test(gpu::KernelStore& kernels, const std::vector<TestPart>& parts) {
    Verdict verdict;
    ThreadPool pool(1);
    for (const TestPart part : parts) {
        const Stopwatch watch;
        try {
            run_part(kernels, part, pool, verdict);
        } catch (const Error& error) {
            if (!tells_of_kernel(error.code())) throw;
            verdict.failures.push_back(error.what());
        }
        log(LogLevel::info, concat("self-test, ", name_of(part), ": ", watch.seconds(), " s"));
    }
    return verdict;
}

bool only_fail(const Verdict& verdict, bool (*of_kind)(Op)) {
    const auto is_of_kind = [&](const std::string& failure) {
        return std::ranges::any_of(all_kernels(), [&](const KernelInfo& kernel) {
            return of_kind(kernel.op) &&
                   failure.find(concat(" with ", kernel.name, ",")) != std::string::npos;
        });
    };
    return !verdict.exact() && std::ranges::all_of(verdict.failures, is_of_kind);
}

/// With every change of what is tested: verdicts of other tests do not count.
constexpr const char* tests = "8";

std::string verdict_path(const gpu::KernelStore& kernels, TestPart part) {
    return kernels.cache_path(
        "self-test", concat(hex_of(kernels.key()), "-", RWKVK_VERSION, "-", tests, "-", name_of(part)));
}

Verdict cached_self_test(gpu::KernelStore& kernels, const std::vector<TestPart>& parts) {
    Verdict all;
    for (const TestPart part : parts) {
        const std::string path = verdict_path(kernels, part);
        if (std::optional<Verdict> kept = read_verdict(path)) {
            append(all, std::move(*kept));
            continue;
        }
        const Verdict verdict = self_test(kernels, {part});
        write_verdict(path, verdict);
        append(all, verdict);
    }
    kernels.store_pipelines();
    return all;
}

void require_exact(const gpu::KernelStore& kernels, const Verdict& verdict) {
    if (verdict.exact()) return;
    throw Error(Code::not_exact,
                concat(kernels.device().facts().name, " does not compute exactly: ", verdict.failures.front(),
                       " (", verdict.failures.size(), " failures); use another device or -dev cpu"));
}

}  // namespace rwkvk::check
