#include "frame_times.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <stdexcept>

namespace rwkvk::npc {

std::vector<double> FrameTimes::values(bool inference, TimeOf what, size_t most) const {
    std::vector<double> values;
    for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) {
        if (most > 0 && values.size() == most) break;
        if (frame->inference == inference) values.push_back((*frame).*what);
    }
    std::reverse(values.begin(), values.end());
    return values;
}

void FrameTimes::write_csv(const std::string& path) const {
    std::ofstream file(path);
    file << "frame,inference,interval_ms,busy_ms,step_ms\n";
    for (size_t i = 0; i < frames_.size(); ++i) {
        const FrameTime& frame = frames_[i];
        file << i << ',' << (frame.inference ? "on" : "off") << ',' << frame.interval << ',' << frame.busy
             << ',' << frame.step << '\n';
    }
    if (!file.flush()) throw std::runtime_error(path + ": cannot be written");
}

double percentile(std::vector<double> values, double percent) {
    if (values.empty()) return 0;
    const auto rank = static_cast<size_t>(std::ceil(percent / 100 * static_cast<double>(values.size())));
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::max<size_t>(rank, 1) - 1);
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

std::vector<double> histogram(const std::vector<double>& values, double bin_ms, size_t bins) {
    std::vector<double> shares(bins);
    for (const double value : values) {
        const auto bin = static_cast<size_t>(std::max(0.0, value / bin_ms));
        shares[std::min(bin, bins - 1)] += 1.0 / static_cast<double>(values.size());
    }
    return shares;
}

}  // namespace rwkvk::npc
