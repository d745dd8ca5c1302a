#include <algorithm>
#include <cmath>

#include "scene.h"

namespace rwkvk::npc {
namespace {

constexpr float leg = 26, body_height = 66, body_width = 50, head_radius = 27;
constexpr float walk_units = 34, walk_speed = 0.45f;
constexpr ImU32 skin = IM_COL32(246, 212, 180, 255), dark = IM_COL32(52, 46, 60, 255);
constexpr ImU32 shoes = IM_COL32(74, 62, 80, 255), shadow = IM_COL32(30, 60, 30, 60);

}  // namespace

void Figure::move(float seconds, bool speaking) {
    clock_ += seconds;
    const float ease = std::min(1.0f, seconds * 5);
    slowness_ += ease * ((speaking ? 1.0f : 0.0f) - slowness_);  // who speaks almost stands still
    mouth_ += ease * ((speaking ? 1.0f : 0.0f) - mouth_);
    walked_ += seconds * walk_speed * (1 - 0.8f * slowness_);
}

float Figure::x(const Paper& paper) const { return home(paper) + walk_units * std::sin(walked_ + phase_); }

float Figure::head_top() const {
    const float bob = 2 * std::sin(clock_ * 2.4f + phase_);
    return feet_y - leg - body_height - 2 * head_radius + 8 + bob;
}

void Figure::draw(const Paper& paper) const {
    const float x = this->x(paper), top = head_top();
    paper.list.AddRectFilled(paper.at(x - 34, feet_y - 4), paper.at(x + 34, feet_y + 8), shadow,
                             6 * paper.unit);
    draw_body(paper, x, top + 2 * head_radius - 8);
    draw_head(paper, x, top + head_radius);
}

void Figure::draw_body(const Paper& paper, float x, float top) const {
    const float speed = std::cos(walked_ + phase_) * (1 - slowness_);
    const float stride = 9 * speed * std::sin(walked_ * 14);
    const auto limb = [&](float x0, float y0, float x1, float y1, float thick, ImU32 color) {
        paper.list.AddLine(paper.at(x0, y0), paper.at(x1, y1), color, thick * paper.unit);
        paper.list.AddCircleFilled(paper.at(x1, y1), thick / 2 * paper.unit, color);
    };
    limb(x - 11, feet_y - leg - 4, x - 11 + stride, feet_y - 3, 13, shoes);
    limb(x + 11, feet_y - leg - 4, x + 11 - stride, feet_y - 3, 13, shoes);
    const float gesture = mouth_ * (8 + 6 * std::sin(clock_ * 3 + phase_));
    limb(x - 21, top + 20, x - 33 - gesture / 2, top + 46 - gesture, 12, cloth_);
    limb(x + 21, top + 20, x + 33 + gesture / 2, top + 46 - gesture, 12, cloth_);
    paper.list.AddRectFilled(paper.at(x - body_width / 2, top),
                             paper.at(x + body_width / 2, feet_y - leg + 6), cloth_, 22 * paper.unit);
}

void Figure::draw_head(const Paper& paper, float x, float y) const {
    const float look = 5 * std::cos(walked_ + phase_) * (1 - slowness_);
    const float pi = 3.14159265f;
    paper.list.AddCircleFilled(paper.at(x, y - 2), (head_radius + 2) * paper.unit, hair_);
    paper.list.AddCircleFilled(paper.at(x + look / 3, y + 3), (head_radius - 3) * paper.unit, skin);
    paper.list.PathArcTo(paper.at(x, y - 3), (head_radius + 1) * paper.unit, pi * 1.08f, pi * 1.92f);
    paper.list.PathFillConvex(hair_);
    const bool blinks = std::fmod(clock_ + phase_ * 1.7f, 3.7f) < 0.12f;
    for (const float side : {-9.0f, 9.0f}) {
        const float eye = x + look + side;
        if (blinks) {
            paper.list.AddLine(paper.at(eye - 3, y + 3), paper.at(eye + 3, y + 3), dark, 2 * paper.unit);
        } else {
            paper.list.AddCircleFilled(paper.at(eye, y + 3), 3.2f * paper.unit, dark);
        }
    }
    const float open = 1.2f + mouth_ * (2.6f + 2.2f * std::sin(clock_ * 13 + phase_));
    paper.list.AddRectFilled(paper.at(x + look - 5, y + 15 - open), paper.at(x + look + 5, y + 15 + open),
                             IM_COL32(150, 70, 70, 255), std::min(open, 4.0f) * paper.unit);
}

}  // namespace rwkvk::npc
