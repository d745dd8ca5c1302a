#pragma once
// What a character was asked and says, above its head.

#include "scene.h"

namespace rwkvk::npc {

/// `x`, `y`: where its tip points to.
void draw_bubble(const Paper& paper, const Speaker& speaker, bool inference, float x, float y);

}  // namespace rwkvk::npc
