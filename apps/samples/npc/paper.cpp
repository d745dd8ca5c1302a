#include "paper.h"

#include <cfloat>

#include "backdrop.h"

namespace rwkvk::npc {
namespace {

const ImFont& font_of(Font font) { return *ImGui::GetIO().Fonts->Fonts[static_cast<int>(font)]; }

}  // namespace

Paper::Paper(ImDrawList& to) : list(to) {
    const ImVec2 pixels = ImGui::GetIO().DisplaySize;
    unit = pixels.y / Backdrop::height;
    width = pixels.x / unit;
}

ImVec2 Paper::size_of(Font font, const std::string& text, float wrap) const {
    const ImFont& letters = font_of(font);
    const ImVec2 pixels =
        letters.CalcTextSizeA(letters.FontSize, FLT_MAX, wrap * unit, text.data(), text.data() + text.size());
    return {pixels.x / unit, pixels.y / unit};
}

void Paper::write(Font font, float x, float y, ImU32 color, const std::string& text, float wrap) const {
    const ImFont& letters = font_of(font);
    list.AddText(&letters, letters.FontSize, at(x, y), color, text.data(), text.data() + text.size(),
                 wrap * unit);
}

}  // namespace rwkvk::npc
