#include "runtime/check/bench.h"

#include <algorithm>
#include <map>

#include "host/stopwatch.h"
#include "runtime/check/batch_bench.h"
#include "runtime/graph/uses.h"
#include "runtime/graph/weight_requests.h"
#include "runtime/session/generation.h"

namespace rwkvk::check {
namespace {

constexpr uint32_t largest_piece = 128;  // rows of a prompt that are run together

BenchRow make_row(const std::string& test, std::vector<double> rates, double bytes_per_token,
                  double runs_per_token) {
    std::sort(rates.begin(), rates.end());
    const double median = rates[rates.size() / 2];
    const double spread = (rates[rates.size() * 3 / 4] - rates[rates.size() / 4]) / 2;
    return {test, median, spread, bytes_per_token, median * bytes_per_token * 1e-9, runs_per_token};
}

/// Tokens without meaning: speed does not depend on them.
std::vector<Token> some_tokens(uint32_t count, uint32_t vocabulary) {
    std::vector<Token> tokens(count);
    for (uint32_t i = 0; i < count; ++i)
        tokens[i] = static_cast<Token>((uint64_t{i} * 7919 + 13) % vocabulary);
    return tokens;
}

double prefill_rate(Context& context, uint32_t count) {
    const std::vector<Token> tokens = some_tokens(count, context.model().programs().vocabulary);
    context.reset(0);
    const Stopwatch watch;
    context.feed(0, tokens);
    return count / watch.seconds();
}

double decode_rate(Context& context, uint32_t count, uint32_t batch) {
    for (uint32_t slot = 0; slot < batch; ++slot) context.reset(slot);
    const std::vector<Token> tokens = some_tokens(count, context.model().programs().vocabulary);
    std::vector<Feed> feeds(batch);
    const Stopwatch watch;
    for (uint32_t i = 0; i < count; ++i) {
        for (uint32_t slot = 0; slot < batch; ++slot)
            feeds[slot] = {.slot = slot, .tokens = {&tokens[i], 1}, .want = Want::last, .vectors = {}};
        context.feed(feeds, [](size_t, size_t, std::span<const float>) {});
    }
    return uint64_t{count} * batch / watch.seconds();
}

/// Tokens that are drawn, as a text goes on.
double generation_rate(Context& context, uint32_t count) {
    context.reset(0);
    text::Sampler sampler({.top_p = 0.85f, .seed = 1});
    const std::vector<float> logits = context.feed(0, some_tokens(1, context.model().programs().vocabulary));
    Generation generation(context, logits, sampler, {.slot = 0, .limit = count});
    const Stopwatch watch;
    while (generation.tokens().size() < count) generation.next();
    generation.stop(count);
    return count / watch.seconds();
}

/// Bytes that a token costs where `runs` runs feed `tokens` tokens of `sequences` sequences, whose logits
/// are asked for `heads` times: all weights per run, but of the embedding and other tables only the rows that
/// are looked up and the head only when asked for; the states read and written.
struct Traffic {
    double runs, sequences, heads, tokens;

    double bytes_per_token(const Model& model) const {
        const auto bytes = [&](const std::string& name, uint64_t rows) {
            const auto shape = *model.weights().find(name);
            return static_cast<double>(stored_bytes(shape.format, rows * shape.in));
        };
        double tables = 0, looked_up = 0;
        for (const MatrixUse& use : matrix_uses(model.programs().body)) {
            if (!looks_up(use.op)) continue;
            tables += bytes(use.request->name, use.request->all);
            looked_up += bytes(use.request->name, 1);
        }
        const double head = bytes("head.weight", model.programs().vocabulary);
        const double body = static_cast<double>(model.weight_bytes()) - tables - head;
        const double states = 2 * sequences * static_cast<double>(model.state_bytes());
        return (runs * (body + states) + heads * head) / tokens + looked_up;
    }
};

RunTables one_sequence(uint32_t rows, uint32_t vocabulary) {
    std::vector<uint32_t> shifts(2 * rows, NONE), sequences(4 * rows, 0);
    shifts.front() = 0;
    shifts.back() = 1;
    sequences[1] = rows;
    return {rows,
            {{tables::ids, some_tokens(rows, vocabulary)},
             {tables::shifts, shifts},
             {tables::sequences, sequences}}};
}

/// Bytes of what the slots of a step hold for `rows` rows of one sequence.
uint64_t bytes_of(const Program& program, const Step& step, uint32_t rows, const WeightSource& weights) {
    uint64_t bytes = 0;
    for (size_t slot = 0; slot < step.operands.size(); ++slot) {
        const Tensor& tensor = program.tensors[step.operands[slot].tensor];
        const char access = info(step.op).slots[slot];
        const uint64_t times = access == 'u' ? 2 : access == 'w' ? tensor.planes : 1;
        switch (tensor.kind) {
            case TensorKind::matrix: {
                const MatrixRequest& matrix = program.matrices[tensor.index];
                bytes += stored_bytes(weights.find(matrix.name)->format,
                                      uint64_t{looks_up(step.op) ? rows : matrix.out} * matrix.in);
                break;
            }
            case TensorKind::vector:
            case TensorKind::state:
                bytes += times * tensor.width * 4;
                break;
            default:
                bytes += times * rows * tensor.width * 4;
        }
    }
    return bytes;
}

std::string kind_of(const Program& program, const Step& step) {
    const std::string name(info(step.op).name);
    const MatrixRequest* const matrix = multiplies(step.op) ? matrix_of(program, step) : nullptr;
    return matrix ? concat(name, " ", matrix->out, "x", matrix->in) : name;
}

struct Sum {
    uint64_t calls = 0, bytes = 0;
    double seconds = 0;
};

void add_times(Context& context, Part part, const RunTables& tables, uint32_t repeats,
               std::map<std::string, Sum>& sums) {
    const ModelPrograms& programs = context.backend().programs();
    const Program& program = part == Part::body ? programs.body : programs.head;
    std::vector<std::vector<double>> runs;
    for (uint32_t i = 0; i <= repeats; ++i) runs.push_back(context.backend().run_timed(part, tables));
    for (size_t step = 0; step < program.steps.size(); ++step) {
        std::vector<double> seconds;
        for (uint32_t i = 1; i <= repeats; ++i) seconds.push_back(runs[i][step]);
        std::sort(seconds.begin(), seconds.end());
        Sum& sum = sums[kind_of(program, program.steps[step])];
        ++sum.calls;
        sum.bytes += bytes_of(program, program.steps[step], tables.rows, context.model().weights());
        sum.seconds += seconds[seconds.size() / 2];
    }
}

}  // namespace

uint32_t slots_for(const BenchOptions& options) {
    return options.batches.empty() ? 1 : *std::max_element(options.batches.begin(), options.batches.end());
}

uint32_t rows_for(const BenchOptions& options) {
    return std::max(slots_for(options), std::clamp(options.prompt, 1u, largest_piece));
}

std::vector<BenchRow> bench(Context& context, const BenchOptions& options) {
    std::vector<BenchRow> rows;
    const auto repeat = [&](const std::string& test, const Traffic& traffic,
                            const std::function<double()>& once) {
        once();  // warm-up: compilers, caches, clocks
        std::vector<double> rates;
        for (uint32_t i = 0; i < options.repeats; ++i) rates.push_back(once());
        rows.push_back(
            make_row(test, rates, traffic.bytes_per_token(context.model()), traffic.runs / traffic.tokens));
    };
    if (options.prompt > 0) {
        const uint32_t piece = context.backend().options().max_rows;
        const uint32_t runs = (options.prompt + piece - 1) / piece;
        repeat(concat("pp", options.prompt), {double(runs), 1, 1, double(options.prompt)},
               [&] { return prefill_rate(context, options.prompt); });
    }
    for (const uint32_t batch : options.batches) {
        if (options.generate == 0) continue;
        const std::string at = concat(options.generate, batch > 1 ? concat("@b", batch) : "");
        const Traffic traffic{1, double(batch), 1, double(batch)};
        repeat("tg" + at, traffic, [&] { return decode_rate(context, options.generate, batch); });
        repeat("gen" + at, traffic, [&] {
            return batch > 1 ? drawn_together_rate(context, options.generate, batch)
                             : generation_rate(context, options.generate);
        });
        repeat("eng" + at, traffic, [&] { return engine_rate(context, options.generate, batch); });
    }
    return rows;
}

std::vector<OpTime> time_ops(Context& context, uint32_t rows, uint32_t repeats) {
    RWKVK_ASSERT(rows >= 1 && repeats >= 1);
    std::map<std::string, Sum> sums;
    add_times(context, Part::body, one_sequence(rows, context.model().programs().vocabulary), repeats, sums);
    add_times(context, Part::head, {1, {{tables::numbers, {rows - 1}}}}, repeats, sums);
    context.reset(0);
    double total = 0;
    for (const auto& [op, sum] : sums) total += sum.seconds;
    std::vector<OpTime> times;
    for (const auto& [op, sum] : sums) {
        times.push_back({op, double(sum.calls) / rows, sum.seconds / rows * 1e6, sum.seconds / total,
                         double(sum.bytes) / std::max(sum.seconds, 1e-12) * 1e-9});
    }
    std::sort(times.begin(), times.end(),
              [](const OpTime& a, const OpTime& b) { return a.us_per_token > b.us_per_token; });
    return times;
}

RunStatistics work_per_token(Context& context) {
    Backend& backend = context.backend();
    backend.run(Part::body, one_sequence(1, context.model().programs().vocabulary));
    const RunStatistics body = backend.last_run();
    backend.run(Part::head, {1, {{tables::numbers, {0}}}});
    context.reset(0);
    const RunStatistics head = backend.last_run();
    return {body.dispatches + head.dispatches, body.barriers + head.barriers};
}

}  // namespace rwkvk::check
