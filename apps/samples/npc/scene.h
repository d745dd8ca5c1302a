#pragma once
// A meadow and who walks on it. All lengths are in units of which the window is 720 high.

#include <imgui.h>

#include <vector>

#include "dialogue.h"

namespace rwkvk::npc {

/// Where to draw, and how large.
struct Paper {
    explicit Paper(ImDrawList& to);

    ImDrawList& list;
    float width = 0, unit = 1;  // of the window in units, of a unit in pixels
    ImVec2 at(float x, float y) const { return {x * unit, y * unit}; }
};

class Figure {
  public:
    Figure(float place, float phase, ImU32 cloth, ImU32 hair)
        : place_(place), phase_(phase), cloth_(cloth), hair_(hair) {}

    void move(float seconds, bool speaking);
    void draw(const Paper& paper) const;
    float x(const Paper& paper) const;
    float head_top() const;

  private:
    void draw_body(const Paper& paper, float x, float top) const;
    void draw_head(const Paper& paper, float x, float y) const;

    float place_, phase_;  // place: part of the window's width
    ImU32 cloth_, hair_;
    float clock_ = 0, walked_ = 0;
    float slowness_ = 0, mouth_ = 0;
};

class Scene {
  public:
    Scene();
    void move(float seconds, const std::vector<Speaker>& speakers);
    /// `inference`: off, those who have not answered yet stay silent.
    void draw(const Paper& paper, const std::vector<Speaker>& speakers, bool inference) const;

  private:
    void draw_meadow(const Paper& paper) const;

    float clock_ = 0;
    std::vector<Figure> figures_;
};

}  // namespace rwkvk::npc
