#include "bubble.h"

#include <algorithm>
#include <cmath>

namespace rwkvk::npc {
namespace {

constexpr float text_width = 262, padding = 13, tip = 13, margin = 6;
constexpr ImU32 paper_color = IM_COL32(255, 254, 250, 242), edge = IM_COL32(70, 80, 90, 70);
constexpr ImU32 ink = IM_COL32(38, 42, 48, 255), muted = IM_COL32(104, 112, 124, 255);

struct Text {
    const ImFont* font;
    std::string text;
    ImU32 color;
    ImVec2 size{};

    void measure(float wrap) {
        size = font->CalcTextSizeA(font->FontSize, FLT_MAX, wrap, text.data(), text.data() + text.size());
    }
    void draw(ImDrawList& list, ImVec2 at, float wrap) const {
        list.AddText(font, font->FontSize, at, color, text.data(), text.data() + text.size(), wrap);
    }
};

/// Dots that come and go while the model reads the question.
std::string said(const Speaker& speaker, bool inference) {
    if (!speaker.answer.empty()) return speaker.answer;
    return inference ? "..." : "(silent: inference is off)";
}

void draw_sheet(const Paper& paper, ImVec2 low, ImVec2 high, ImVec2 point) {
    const float rounding = 14 * paper.unit, half = tip * 0.8f * paper.unit;
    const float x = std::clamp(point.x, low.x + rounding + half, high.x - rounding - half);
    paper.list.AddRectFilled(low, high, paper_color, rounding);
    paper.list.AddTriangleFilled({x - half, high.y}, {x + half, high.y}, point, paper_color);
    paper.list.AddRect(low, high, edge, rounding, 0, 1);
}

}  // namespace

void draw_bubble(const Paper& paper, const Speaker& speaker, bool inference, float x, float y) {
    const ImFontAtlas& fonts = *ImGui::GetIO().Fonts;
    Text question{fonts.Fonts[1], speaker.asker + ": " + speaker.question, muted};
    Text answer{fonts.Fonts[0], said(speaker, inference), speaker.answer.empty() ? muted : ink};
    const float wrap = text_width * paper.unit, space = padding * paper.unit, gap = 5 * paper.unit;
    question.measure(wrap);
    answer.measure(wrap);
    const ImVec2 point = paper.at(x, y);
    const float width = std::max({question.size.x, answer.size.x, 90 * paper.unit}) + 2 * space;
    const float height = question.size.y + gap + answer.size.y + 2 * space;
    const float right_most = (paper.width - margin) * paper.unit - width;
    const float left = std::max(margin * paper.unit, std::min(point.x - width / 2, right_most));
    const ImVec2 high{left + width, point.y - tip * paper.unit}, low{left, high.y - height};
    draw_sheet(paper, low, high, point);
    question.draw(paper.list, {low.x + space, low.y + space}, wrap);
    answer.draw(paper.list, {low.x + space, low.y + space + question.size.y + gap}, wrap);
}

}  // namespace rwkvk::npc
