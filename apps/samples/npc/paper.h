#pragma once
// What a frame is drawn to, in units of which the window is 720 high.

#include <imgui.h>

#include <string>

namespace rwkvk::npc {

enum class Font { normal, small };  // as the Painter has them

struct Paper {
    explicit Paper(ImDrawList& to);

    ImVec2 at(float x, float y) const { return {x * unit, y * unit}; }
    /// Lines are broken at `wrap`, unless it is 0.
    ImVec2 size_of(Font font, const std::string& text, float wrap = 0) const;
    void write(Font font, float x, float y, ImU32 color, const std::string& text, float wrap = 0) const;

    ImDrawList& list;           // takes pixels
    float width = 0, unit = 1;  // of the window in units, of a unit in pixels
};

}  // namespace rwkvk::npc
