#include "bench_frames.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "json_text.h"

namespace rwkvk::app {
namespace {

constexpr uint32_t warm_up = 200;  // frames in which the engine learns what it takes

struct FrameRow {
    double budget_ms, median_ms, most_ms, longest_ms;  // most: 99 of 100 steps take no longer
    double within;                                     // steps in budget + smallest unit, of 1
    double tokens_per_second;                          // of answers and prompts, by the time in steps
};

/// An engine at work: on answers that do not end by themselves, to prompts that begin unlike all others.
class BusyEngine {
  public:
    BusyEngine(Engine engine, const FrameFlags& flags, uint32_t vocabulary)
        : flags_(flags), vocabulary_(vocabulary), engine_(std::move(engine)) {
        for (uint32_t i = 0; i < flags.requests; ++i) submit();
    }
    std::string device() const { return engine_.device(); }
    uint64_t rows() const { return engine_.info().rows; }
    double milliseconds_of_step(double budget_ms) {
        const auto start = std::chrono::steady_clock::now();
        engine_.step(static_cast<uint32_t>(std::lround(budget_ms * 1000)));
        return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    }

  private:
    void submit() {
        ++number_;
        std::vector<Token> prompt(flags_.prompt);
        for (uint32_t i = 0; i < flags_.prompt; ++i) prompt[i] = (number_ * 131 + i * 7) % vocabulary_;
        rwkvk_engine_request request = engine_request();
        request.tokens = prompt.data();
        request.token_count = prompt.size();
        request.max_tokens = flags_.answer;
        engine_.submit(request, [this](const rwkvk_engine_event& event) {
            if (event.kind == RWKVK_EVENT_DONE && event.end != RWKVK_DONE_CANCELLED) submit();
        });
    }

    const FrameFlags& flags_;
    const uint32_t vocabulary_;
    uint32_t number_ = 0;
    Engine engine_;  // the last: when it goes away it tells of requests
};

/// `unit_ms`: the smallest unit; none is known yet where it is 0.
FrameRow measure(BusyEngine& engine, double budget_ms, uint32_t frames, double unit_ms) {
    for (uint32_t i = 0; i < warm_up; ++i) engine.milliseconds_of_step(budget_ms);
    const uint64_t before = engine.rows();
    std::vector<double> steps;
    double sum = 0;
    for (uint32_t i = 0; i < frames; ++i) {
        steps.push_back(engine.milliseconds_of_step(budget_ms));
        sum += steps.back();
    }
    std::ranges::sort(steps);
    const auto at = [&](double share) { return steps[static_cast<size_t>(share * (frames - 1))]; };
    FrameRow row{budget_ms, at(0.5), at(0.99), steps.back(), 1, 0};
    row.tokens_per_second = 1000 * static_cast<double>(engine.rows() - before) / sum;
    const double most = unit_ms > 0 ? budget_ms + unit_ms : row.most_ms;
    row.within = static_cast<double>(std::ranges::upper_bound(steps, most) - steps.begin()) / frames;
    return row;
}

std::vector<FrameRow> measure(BusyEngine& engine, const FrameFlags& flags) {
    std::vector<FrameRow> rows = {measure(engine, 0.001, flags.frames, 0)};
    for (const double budget : flags.budgets)
        rows.push_back(measure(engine, budget, flags.frames, rows.front().most_ms));
    return rows;
}

void print_json(const std::string& device, const std::vector<FrameRow>& list) {
    nlohmann::json rows = nlohmann::json::array();
    for (const FrameRow& row : list) {
        rows.push_back({{"budget_ms", row.budget_ms},
                        {"median_ms", row.median_ms},
                        {"p99_ms", row.most_ms},
                        {"longest_ms", row.longest_ms},
                        {"within", row.within},
                        {"tokens_per_second", row.tokens_per_second}});
    }
    std::cout << to_text({{"device", device}, {"commit", RWKVK_COMMIT}, {"rows", rows}}) << '\n';
}

void print_table(const std::vector<FrameRow>& list, bool markdown) {
    const char *begin = markdown ? "| " : "", *comma = markdown ? " | " : ",",
               *end = markdown ? " |\n" : "\n";
    std::cout << begin << "budget ms" << comma << "median ms" << comma << "99 % ms" << comma << "longest ms"
              << comma << "% in budget + unit" << comma << "tokens/s" << end;
    if (markdown) std::cout << "|---|---|---|---|---|---|\n";
    for (const FrameRow& row : list) {
        std::cout << std::fixed << std::setprecision(3) << begin << row.budget_ms << comma << row.median_ms
                  << comma << row.most_ms << comma << row.longest_ms << comma << std::setprecision(1)
                  << 100 * row.within << comma << row.tokens_per_second << end;
    }
}

}  // namespace

void bench_frames(const CommonFlags& common, const FrameFlags& flags, const std::string& format) {
    const Runtime runtime = open_runtime(common);
    const Model model = open_model(runtime, common);
    BusyEngine engine(open_engine(model, open_tokenizer(model, common), common, {.slots = flags.requests}),
                      flags, model.info().vocabulary);
    const std::vector<FrameRow> rows = measure(engine, flags);
    if (format == "json") {
        print_json(engine.device(), rows);
    } else {
        print_table(rows, format == "md");
    }
    check_validation(runtime);
}

}  // namespace rwkvk::app
