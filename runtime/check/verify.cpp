#include "runtime/check/verify.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "host/vk/device.h"
#include "runtime/check/op_case.h"
#include "runtime/cpu/backend.h"
#include "runtime/model/fingerprint.h"
#include "runtime/session/context.h"

namespace rwkvk::check {
namespace {

std::vector<Token> random_tokens(uint32_t count, uint32_t vocabulary, uint64_t seed) {
    Random random(seed);
    std::vector<Token> tokens(count);
    for (Token& token : tokens) token = random.below(vocabulary);
    return tokens;
}

/// Runs the same program on both backends, every step of the device starting from the CPU's values.
class Lockstep {
  public:
    Lockstep(const Program& program, Part part, Backend& cpu, Backend& device)
        : program_(program), part_(part), cpu_(cpu), device_(device) {}

    uint64_t run(const RunTables& tables, std::vector<OpReport>& reports) {
        rows_ = tables.rows;
        cpu_.begin(part_, tables);
        device_.begin(part_, tables);
        uint64_t dispatches = 0;
        for (size_t i = 0; i < program_.steps.size(); ++i) {
            const Step& step = program_.steps[i];
            prepare(step);
            cpu_.run_step(i);
            device_.run_step(i);
            dispatches += device_.last_run().dispatches;
            compare(step, reports[static_cast<size_t>(step.op)]);
        }
        return dispatches;
    }

  private:
    template <typename Body>
    void each_plane(const Operand& operand, const Body& body) const {
        const Tensor& tensor = program_.tensors[operand.tensor];
        for (uint32_t plane = 0; plane < tensor.planes; ++plane) {
            const bool state = tensor.kind == TensorKind::state;
            const StateRequest* request = state ? &program_.states[tensor.index] : nullptr;
            const uint64_t count = state ? uint64_t{request->width} * request->entries * cpu_.options().slots
                                         : uint64_t{rows_} * tensor.width;
            body(Operand{operand.tensor, plane}, count);
        }
    }

    bool computed(const Operand& operand) const {
        const TensorKind kind = program_.tensors[operand.tensor].kind;
        return kind == TensorKind::activation || kind == TensorKind::carried || kind == TensorKind::state;
    }

    void prepare(const Step& step) {
        for (size_t slot = 0; slot < step.operands.size(); ++slot) {
            if (!computed(step.operands[slot])) continue;
            each_plane(step.operands[slot], [&](Operand operand, uint64_t count) {
                std::vector<float> values(count, std::numeric_limits<float>::quiet_NaN());
                if (info(step.op).slots[slot] != 'w') cpu_.read_tensor(operand, values);
                device_.write_tensor(operand, values);
            });
        }
    }

    void compare(const Step& step, OpReport& report) {
        ++report.steps;
        for (size_t slot = 0; slot < step.operands.size(); ++slot) {
            if (info(step.op).slots[slot] == 'r') continue;
            each_plane(step.operands[slot], [&](Operand operand, uint64_t count) {
                std::vector<float> expected(count), found(count);
                cpu_.read_tensor(operand, expected);
                device_.read_tensor(operand, found);
                for (uint64_t i = 0; i < count; ++i) note(step, operand, i, expected[i], found[i], report);
            });
        }
    }

    void note(const Step& step, const Operand& operand, uint64_t i, float expected, float found,
              OpReport& report) {
        ++report.values;
        if (std::bit_cast<uint32_t>(expected) == std::bit_cast<uint32_t>(found)) return;
        const double difference = std::fabs(double{expected} - double{found});
        const bool worse = !(difference <= report.worst);  // also for NaN
        if (report.differing++ == 0 || worse) {
            report.worst = std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
            const uint64_t width = program_.tensors[operand.tensor].width;
            report.where = concat(step.name, "[", i / width, ",", i % width, "]");
        }
    }

    const Program& program_;
    Part part_;
    Backend &cpu_, &device_;
    uint32_t rows_ = 0;
};

RunTables lockstep_tables(const std::vector<Token>& tokens) {
    const auto rows = static_cast<uint32_t>(tokens.size());
    std::vector<uint32_t> shifts(rows * 2, NONE), sequences(rows * 4, 0);
    // Two sequences, so that the boundary between them is seen.
    const uint32_t second = rows > 2 ? rows / 3 : rows;
    shifts[0] = 0;
    shifts[2 * (second - 1) + 1] = 1;
    sequences[0] = 0, sequences[1] = second, sequences[2] = 0;
    if (second < rows) {
        shifts[2 * second] = 2;
        shifts[2 * (rows - 1) + 1] = 3;
        sequences[4] = second, sequences[5] = rows - second, sequences[6] = 1;
    }
    return {rows, {{tables::ids, tokens}, {tables::shifts, shifts}, {tables::sequences, sequences}}};
}

/// Of the device's program, with fused steps or without. Returns the dispatches.
uint64_t run_lockstep(const Model& model, gpu::KernelStore& kernels, const VerifyOptions& options,
                      bool fusion, VerifyReport& report) {
    const BackendOptions backend{.max_rows = options.tokens, .slots = 2};
    gpu::GpuOptions gpu = options.gpu;
    gpu.fusion = fusion;
    const auto device = gpu::make_backend(model.programs(), model.weights(), backend, kernels, gpu);
    const ModelPrograms& programs = device->programs();
    const auto cpu = cpu::make_backend(programs, model.weights(), backend, {.threads = options.threads});
    // States that are not zero, so that reading them is seen.
    Random random(options.seed + 77);
    const auto& states = programs.body.states;
    for (uint32_t s = 0; s < states.size(); ++s) {
        for (uint32_t entry = 0; entry < states[s].entries * backend.slots; ++entry) {
            std::vector<float> values(states[s].width);
            for (float& value : values) value = random.number(-12, -2);
            cpu->write_state(s, entry, values);
        }
    }
    const std::vector<Token> tokens = random_tokens(options.tokens, programs.vocabulary, options.seed);
    uint64_t dispatches =
        Lockstep(programs.body, Part::body, *cpu, *device).run(lockstep_tables(tokens), report.ops);
    const uint32_t rows = std::min({options.tokens, cpu->max_head_rows(), device->max_head_rows(), 5u});
    std::vector<uint32_t> numbers(rows);
    for (uint32_t i = 0; i < rows; ++i) numbers[i] = options.tokens - 1 - i;
    dispatches += Lockstep(programs.head, Part::head, *cpu, *device)
                      .run({rows, {{tables::numbers, numbers}}}, report.ops);
    return dispatches;
}

/// A sequence's tokens and what the CPU made of it, fed whole and alone.
struct Reference {
    std::vector<Token> tokens;
    std::vector<float> logits, state;  // of the last token, and after it
};

uint64_t differing_bits(std::span<const float> a, std::span<const float> b) {
    RWKVK_ASSERT(a.size() == b.size());
    uint64_t count = 0;
    for (size_t i = 0; i < a.size(); ++i)
        count += std::bit_cast<uint32_t>(a[i]) != std::bit_cast<uint32_t>(b[i]);
    return count;
}

/// All logits and the final state of one sequence, fed whole to slot 0.
std::string fingerprint(Context& context, const std::vector<Token>& tokens) {
    Fingerprint print;
    const Feed feed{.slot = 0, .tokens = tokens, .want = Want::all, .vectors = {}};
    context.reset(0);
    context.feed({&feed, 1}, [&](size_t, size_t, std::span<const float> logits) { print.add(logits); });
    print.add(context.state(0));
    return print.hex();
}

std::vector<Reference> make_references(Context& cpu, const VerifyOptions& options) {
    std::vector<Reference> references;
    for (uint32_t i = 0; i < options.sequences; ++i) {
        // Ragged: later sequences are shorter.
        const uint64_t shorter = uint64_t{options.tokens} * i * i / 20;
        const auto length = static_cast<uint32_t>(std::max<uint64_t>(shorter + 1, options.tokens) - shorter);
        Reference& r = references.emplace_back();
        r.tokens = random_tokens(length, cpu.model().programs().vocabulary, options.seed + i);
        cpu.reset(0);
        r.logits = cpu.feed(0, r.tokens);
        r.state = cpu.state(0);
    }
    return references;
}

/// Feeds `count` of the sequences together in pieces, in an order and to slots of their own.
VerifyReport::Run compare_batch(Context& device, const std::vector<Reference>& references, uint32_t count,
                                uint32_t chunk) {
    std::vector<Feed> feeds(count);
    for (uint32_t i = 0; i < count; ++i) {
        const uint32_t sequence =
            (i * 3 + 1) % count;  // a permutation for 1 and 5 and other counts that 3 does not divide
        feeds[i] = {.slot = (sequence + 2) % count,
                    .tokens = references[sequence].tokens,
                    .want = Want::last,
                    .vectors = {}};
        device.reset(feeds[i].slot);
    }
    VerifyReport::Run run{.name = concat(chunk ? concat("pieces of ", chunk) : "whole", ", ", count,
                                         count == 1 ? " sequence" : " sequences")};
    const auto add = [&](std::span<const float> expected, std::span<const float> found) {
        run.values += expected.size();
        run.differing += differing_bits(expected, found);
    };
    device.feed(
        feeds,
        [&](size_t i, size_t, std::span<const float> logits) {
            add(references[(i * 3 + 1) % count].logits, logits);
        },
        chunk ? chunk : std::numeric_limits<uint32_t>::max());
    for (uint32_t i = 0; i < count; ++i)
        add(references[(i * 3 + 1) % count].state, device.state(feeds[i].slot));
    return run;
}

}  // namespace

bool VerifyReport::equal() const {
    const auto same = [](const auto& row) { return row.differing == 0; };
    return std::all_of(ops.begin(), ops.end(), same) && std::all_of(runs.begin(), runs.end(), same) &&
           fingerprint_cpu == fingerprint_device && !runs.empty();
}

VerifyReport verify(std::shared_ptr<const Model> model, gpu::KernelStore& kernels,
                    const VerifyOptions& options) {
    if (options.tokens < 1 || options.sequences % 3 == 0) {
        throw Error(Code::bad_argument,
                    "verify needs at least 1 token and a number of sequences that 3 does not divide");
    }
    VerifyReport report;
    for (size_t op = 0; op < all_ops().size(); ++op) report.ops.emplace_back().op = static_cast<Op>(op);
    report.dispatches = run_lockstep(*model, kernels, options, false, report);
    if (options.gpu.fusion && kernels.device().facts().fusion)
        report.dispatches += run_lockstep(*model, kernels, options, true, report);
    std::erase_if(report.ops, [](const OpReport& row) { return row.steps == 0; });

    const BackendOptions backend{.max_rows = 128, .slots = options.sequences};
    std::vector<Reference> references;
    {
        Context cpu(model, cpu::make_backend(model->programs(), model->weights(), backend,
                                             {.threads = options.threads}));
        references = make_references(cpu, options);
        report.fingerprint_cpu = fingerprint(cpu, references[0].tokens);
    }
    Context device(model,
                   gpu::make_backend(model->programs(), model->weights(), backend, kernels, options.gpu));
    report.fingerprint_device = fingerprint(device, references[0].tokens);
    for (const uint32_t chunk : options.chunks) {
        for (const uint32_t count : {1u, options.sequences})
            report.runs.push_back(compare_batch(device, references, count, chunk));
    }
    return report;
}

}  // namespace rwkvk::check
