#pragma once
// Who walks on the meadow, and what grows there.

#include <vector>

#include "dialogue.h"
#include "paper.h"

namespace rwkvk::npc {

class Figure {
  public:
    Figure(float place, float phase, ImU32 cloth, ImU32 hair)
        : place_(place), phase_(phase), cloth_(cloth), hair_(hair) {}

    static constexpr float feet_y = 538;

    void move(float seconds, bool speaking);
    void draw(const Paper& paper) const;
    float home(const Paper& paper) const { return paper.width * place_; }
    float x(const Paper& paper) const;  // it walks to and fro
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
    /// `inference`: off, everybody is silent.
    void move(float seconds, const std::vector<Speaker>& speakers, bool inference);
    void draw(const Paper& paper, const std::vector<Speaker>& speakers, bool inference) const;

  private:
    void draw_scenery(const Paper& paper) const;

    float clock_ = 0;
    std::vector<Figure> figures_;
};

}  // namespace rwkvk::npc
