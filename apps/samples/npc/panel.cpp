#include "panel.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace rwkvk::npc {
namespace {

constexpr size_t bins = 64, recent_frames = 600;
constexpr int update_frames = 20;
constexpr float plot_width = 400, plot_height = 60, plot_low = 98, panel_y = 568, panel_height = 142;
constexpr ImU32 ground = IM_COL32(28, 38, 34, 205), text = IM_COL32(238, 240, 234, 255);
constexpr ImU32 off_color = IM_COL32(120, 190, 255, 255), on_color = IM_COL32(255, 178, 92, 255);
constexpr ImU32 axis = IM_COL32(255, 255, 255, 90), faint = IM_COL32(255, 255, 255, 150);

ImU32 translucent(ImU32 color) { return (color & ~IM_COL32_A_MASK) | IM_COL32(0, 0, 0, 150); }

void write(const Paper& paper, float x, float y, ImU32 color, const std::string& line) {
    paper.write(Font::small, x, y, color, line);
}

/// So that the line ends at `x`.
void write_before(const Paper& paper, float x, float y, ImU32 color, const std::string& line) {
    write(paper, x - paper.size_of(Font::small, line).x, y, color, line);
}

/// Heights are square roots, so that one late frame in a thousand is seen.
void draw_bars(const Paper& paper, const std::vector<double>& shares, ImU32 color, float x, float y) {
    const float wide = plot_width / bins;
    for (size_t i = 0; i < shares.size(); ++i) {
        if (shares[i] <= 0) continue;
        const float left = x + wide * static_cast<float>(i);
        const float high = std::max(1.5f, plot_height * static_cast<float>(std::sqrt(shares[i])));
        paper.list.AddRectFilled(paper.at(left, y - high), paper.at(left + wide, y), color);
    }
}

}  // namespace

Panel::Series Panel::count(const FrameTimes& times, const Plot& plot, bool inference) const {
    const std::vector<double> values = times.values(inference, plot.what, recent_frames);
    char line[96];
    std::snprintf(line, sizeof line, "%s: median %.1f, 99 %% %.1f", inference ? "on" : "off",
                  percentile(values, 50), percentile(values, 99));
    return {histogram(values, plot.bin_ms, bins), values.empty() ? "" : line};
}

void Panel::update(const FrameTimes& times) {
    if (frames_until_update_-- > 0) return;
    frames_until_update_ = update_frames;
    for (Plot& plot : plots_) {
        plot.off = count(times, plot, false);
        plot.on = count(times, plot, true);
    }
}

void Panel::draw_plot(const Paper& paper, const Plot& plot, float x, float y) const {
    write(paper, x, y, text, plot.title);
    const float base = y + plot_low;
    draw_bars(paper, plot.off.shares, translucent(off_color), x, base);
    draw_bars(paper, plot.on.shares, translucent(on_color), x, base);
    paper.list.AddLine(paper.at(x, base), paper.at(x + plot_width, base), axis, 1);
    const double whole = plot.bin_ms * bins;
    const float due = x + plot_width * static_cast<float>(period_ms_ / whole);
    if (due <= x + plot_width)
        paper.list.AddLine(paper.at(due, base - plot_height), paper.at(due, base), axis, 1);
    for (int ms = 0; ms <= static_cast<int>(whole); ms += 4)
        write(paper, x + plot_width * static_cast<float>(ms / whole) - 4, base + 2, faint,
              std::to_string(ms));
    write_before(paper, x + plot_width, y, off_color, plot.off.legend);
    write_before(paper, x + plot_width, y + 18, on_color, plot.on.legend);
}

void Panel::draw(const Paper& paper, bool inference) const {
    const float left = 12, right = paper.width - 12;
    paper.list.AddRectFilled(paper.at(left, panel_y), paper.at(right, panel_y + panel_height), ground,
                             12 * paper.unit);
    write(paper, left + 20, panel_y + 14, inference ? on_color : off_color,
          inference ? "inference is on" : "inference is off");
    write(paper, left + 20, panel_y + 34, text, title_);
    write(paper, left + 20, panel_y + 94, faint, "Space: inference on, off");
    write(paper, left + 20, panel_y + 113, faint, "Esc: leave");
    draw_plot(paper, plots_[0], right - 2 * plot_width - 50, panel_y + 14);
    draw_plot(paper, plots_[1], right - plot_width - 20, panel_y + 14);
}

}  // namespace rwkvk::npc
