#pragma once
// What a character was asked and says, above its head.

#include "dialogue.h"
#include "paper.h"

namespace rwkvk::npc {

/// `middle`: of the sheet, which stays where it is; `x`, `y`: where its tip points to.
void draw_bubble(const Paper& paper, const Speaker& speaker, bool inference, float middle, float x, float y);

}  // namespace rwkvk::npc
