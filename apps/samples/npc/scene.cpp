#include "scene.h"

#include <cmath>

#include "backdrop.h"
#include "bubble.h"

namespace rwkvk::npc {
namespace {

constexpr float horizon = Backdrop::horizon;
constexpr ImU32 trunk = IM_COL32(122, 96, 76, 255), leaves = IM_COL32(98, 152, 98, 255);

void draw_cloud(const Paper& paper, float x, float y, float size) {
    const ImU32 white = IM_COL32(255, 255, 255, 225);
    paper.list.AddRectFilled(paper.at(x - 52 * size, y), paper.at(x + 52 * size, y + 24 * size), white,
                             12 * size * paper.unit);
    paper.list.AddCircleFilled(paper.at(x - 18 * size, y), 20 * size * paper.unit, white);
    paper.list.AddCircleFilled(paper.at(x + 14 * size, y - 6 * size), 26 * size * paper.unit, white);
}

void draw_tree(const Paper& paper, float x, float size) {
    const float y = horizon + 18;
    paper.list.AddRectFilled(paper.at(x - 5 * size, y - 46 * size), paper.at(x + 5 * size, y), trunk);
    paper.list.AddCircleFilled(paper.at(x - 14 * size, y - 56 * size), 24 * size * paper.unit, leaves);
    paper.list.AddCircleFilled(paper.at(x + 14 * size, y - 58 * size), 24 * size * paper.unit, leaves);
    paper.list.AddCircleFilled(paper.at(x, y - 78 * size), 26 * size * paper.unit, leaves);
}

void draw_name(const Paper& paper, const std::string& name, float x) {
    const float wide = paper.size_of(Font::small, name).x;
    paper.write(Font::small, x - wide / 2, Figure::feet_y + 8, IM_COL32(36, 62, 36, 255), name);
}

}  // namespace

Scene::Scene()
    : figures_{{0.125f, 0.3f, IM_COL32(196, 92, 84, 255), IM_COL32(92, 60, 44, 255)},
               {0.375f, 1.9f, IM_COL32(72, 112, 168, 255), IM_COL32(52, 48, 52, 255)},
               {0.625f, 3.6f, IM_COL32(214, 160, 72, 255), IM_COL32(196, 140, 76, 255)},
               {0.875f, 5.2f, IM_COL32(112, 92, 156, 255), IM_COL32(140, 140, 146, 255)}} {}

void Scene::move(float seconds, const std::vector<Speaker>& speakers, bool inference) {
    clock_ += seconds;
    for (size_t i = 0; i < figures_.size(); ++i)
        figures_[i].move(seconds, inference && speakers[i].speaking && !speakers[i].answer.empty());
}

void Scene::draw_scenery(const Paper& paper) const {
    const float wide = paper.width + 240;
    draw_cloud(paper, std::fmod(clock_ * 7 + 300, wide) - 120, 90, 1.1f);
    draw_cloud(paper, std::fmod(clock_ * 4 + 900, wide) - 120, 150, 0.8f);
    draw_cloud(paper, std::fmod(clock_ * 5 + 620, wide) - 120, 56, 0.7f);
    draw_tree(paper, paper.width * 0.25f, 1);
    draw_tree(paper, paper.width * 0.52f, 0.8f);
    draw_tree(paper, paper.width * 0.97f, 1.15f);
}

void Scene::draw(const Paper& paper, const std::vector<Speaker>& speakers, bool inference) const {
    draw_scenery(paper);
    for (const Figure& figure : figures_) figure.draw(paper);
    for (size_t i = 0; i < figures_.size(); ++i) draw_name(paper, speakers[i].name, figures_[i].x(paper));
    for (size_t i = 0; i < figures_.size(); ++i)
        draw_bubble(paper, speakers[i], inference, figures_[i].home(paper), figures_[i].x(paper),
                    figures_[i].head_top() - 12);
}

}  // namespace rwkvk::npc
