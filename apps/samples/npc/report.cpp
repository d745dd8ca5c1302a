#include "report.h"

#include <cstdio>
#include <numeric>

namespace rwkvk::npc {
namespace {

struct Pair {
    double median, late;
};

Pair of(const FrameTimes& times, bool inference, TimeOf what) {
    const std::vector<double> values = times.values(inference, what);
    return {percentile(values, 50), percentile(values, 99)};
}

void print_times(const FrameTimes& times, bool inference) {
    const Pair interval = of(times, inference, &FrameTime::interval),
               busy = of(times, inference, &FrameTime::busy);
    std::printf("%-4sframe to frame: median %.2f ms, 99 %% %.2f ms; busy: median %.2f ms, 99 %% %.2f ms\n",
                inference ? "on" : "off", interval.median, interval.late, busy.median, busy.late);
}

const char* verdict(bool within) { return within ? "within" : "beyond"; }

}  // namespace

void print_report(const FrameTimes& times, double budget_ms, const Dialogue& dialogue) {
    print_times(times, false);
    print_times(times, true);
    const std::vector<double> intervals = times.values(true, &FrameTime::interval);
    const Pair step = of(times, true, &FrameTime::step);
    const double seconds = std::accumulate(intervals.begin(), intervals.end(), 0.0) / 1000;
    const rwkvk_engine_info info = dialogue.info();
    std::printf("model on %s: %.1f tokens/s, %llu answers; step: median %.2f ms, 99 %% %.2f ms of %.2f ms\n",
                dialogue.device().c_str(), static_cast<double>(info.answer_tokens) / seconds,
                static_cast<unsigned long long>(info.finished), step.median, step.late, budget_ms);
    const Pair off = of(times, false, &FrameTime::interval), on = of(times, true, &FrameTime::interval);
    const double change = (on.median / off.median - 1) * 100, later = on.late - off.late;
    std::printf("frame to frame, on against off: median %+.1f %%, %s 5 %%; 99 %% %+.2f ms, %s %.1f ms\n",
                change, verdict(change <= 5), later, verdict(later <= budget_ms + 2), budget_ms + 2);
}

}  // namespace rwkvk::npc
