#pragma once

#include <imgui.h>

#include "settings.h"

namespace rwkvk::desktop {

struct Palette {
    ImVec4 background, side, raised, border, text, muted, accent, on_accent, bubble, danger;
};

const Palette& palette_of(Theme theme);

/// Colours and spacing of every widget; `scale` is that of the monitor and the person together.
void apply_theme(const Palette& palette, float scale);

}  // namespace rwkvk::desktop
