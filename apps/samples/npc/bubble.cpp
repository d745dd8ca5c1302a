#include "bubble.h"

#include <algorithm>

namespace rwkvk::npc {
namespace {

constexpr float text_width = 262, padding = 13, line_gap = 5, tip = 13, rounding = 14;
constexpr ImU32 sheet = IM_COL32(255, 254, 250, 242), edge = IM_COL32(70, 80, 90, 70);
constexpr ImU32 ink = IM_COL32(38, 42, 48, 255), muted = IM_COL32(104, 112, 124, 255);

std::string said(const Speaker& speaker, bool inference) {
    if (!speaker.answer.empty()) return speaker.answer;
    return inference ? "..." : "(silent: inference is off)";
}

struct Box {
    float left, top, right, bottom;
};

Box box_around(float middle, float low, float width, float height) {
    return {middle - width / 2, low - height, middle + width / 2, low};
}

void draw_sheet(const Paper& paper, const Box& box, float x, float y) {
    const ImVec2 low = paper.at(box.left, box.top), high = paper.at(box.right, box.bottom);
    const float tip_x = std::clamp(x, box.left + rounding + tip, box.right - rounding - tip);
    paper.list.AddRectFilled(low, high, sheet, rounding * paper.unit);
    paper.list.AddTriangleFilled(paper.at(tip_x - tip, box.bottom), paper.at(tip_x + tip, box.bottom),
                                 paper.at(x, y), sheet);
    paper.list.AddRect(low, high, edge, rounding * paper.unit, 0, 1);
}

}  // namespace

void draw_bubble(const Paper& paper, const Speaker& speaker, bool inference, float middle, float x, float y) {
    const std::string question = speaker.asker + ": " + speaker.question, answer = said(speaker, inference);
    const ImVec2 asked = paper.size_of(Font::small, question, text_width);
    const ImVec2 answered = paper.size_of(Font::normal, answer, text_width);
    const Box box = box_around(middle, y - tip, std::max({asked.x, answered.x, 3 * tip}) + 2 * padding,
                               asked.y + line_gap + answered.y + 2 * padding);
    draw_sheet(paper, box, x, y);
    const float left = box.left + padding, top = box.top + padding;
    paper.write(Font::small, left, top, muted, question, text_width);
    paper.write(Font::normal, left, top + asked.y + line_gap, speaker.answer.empty() ? muted : ink, answer,
                text_width);
}

}  // namespace rwkvk::npc
