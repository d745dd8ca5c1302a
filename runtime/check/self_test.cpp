#include "runtime/check/self_test.h"

#include <bit>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iomanip>

#include "host/vk/device.h"
#include "runtime/check/op_run.h"
#include "runtime/model/fingerprint.h"
#include "shaders/spirv_modules.h"

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

uint64_t hash_of_kernels() {
    Fingerprint print;
    for (const SpirvModule& module : spirv_modules()) print.add(std::as_bytes(module.words));
    return print.value();
}

}  // namespace

Verdict self_test(gpu::KernelStore& kernels) {
    Verdict verdict;
    ThreadPool pool(1);
    try {
        check_known(kernels, verdict);
        for (size_t op = 0; op < all_ops().size(); ++op) {
            for (std::string& failure : check_op(static_cast<Op>(op), CaseSet::quick, 1, kernels, pool)) {
                verdict.failures.push_back(std::move(failure));
            }
        }
    } catch (const Error& error) {
        if (error.code() == Code::device_lost) throw;
        verdict.failures.push_back(error.what());
    }
    return verdict;
}

std::string verdict_path(const gpu::KernelStore& kernels) {
    const char* cache = std::getenv("XDG_CACHE_HOME");
    const char* home = std::getenv("HOME");
    if (!cache && !home) return "";
    const std::filesystem::path folder =
        cache && *cache ? std::filesystem::path(cache) : std::filesystem::path(home) / ".cache";
    const vk::DeviceFacts& facts = kernels.device().facts();
    Fingerprint key;
    key.add(std::as_bytes(std::span(facts.uuid)));
    key.add(std::as_bytes(std::span(facts.pipeline_cache_uuid)));
    key.add(std::as_bytes(std::span(facts.driver)));
    const uint64_t numbers[] = {facts.driver_version, facts.subgroup,        facts.subgroup_size,
                                facts.narrow,         facts.max_invocations, facts.float_controls,
                                hash_of_kernels()};
    key.add(std::as_bytes(std::span(numbers)));
    return (folder / "rwkvk" / "self-test" / key.hex()).string();
}

Verdict cached_self_test(gpu::KernelStore& kernels) {
    const std::string path = verdict_path(kernels);
    if (std::ifstream file(path); !path.empty() && file) {
        Verdict verdict;
        std::string line;
        std::getline(file, line);
        const bool passed = line == "exact", failed = line == "not exact";
        while (std::getline(file, line)) verdict.failures.push_back(line);
        if (passed == verdict.exact() && (passed || failed)) return verdict;
    }
    const Verdict verdict = self_test(kernels);
    if (path.empty()) return verdict;
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
    std::ofstream file(path);
    file << (verdict.exact() ? "exact\n" : "not exact\n");
    for (const std::string& failure : verdict.failures) file << failure << '\n';
    return verdict;
}

void require_exact(gpu::KernelStore& kernels) {
    const Verdict verdict = cached_self_test(kernels);
    if (verdict.exact()) return;
    throw Error(Code::not_exact,
                concat(kernels.device().facts().name, " does not compute exactly: ", verdict.failures.front(),
                       " (", verdict.failures.size(), " failures); use another device or -dev cpu"));
}

}  // namespace rwkvk::check
