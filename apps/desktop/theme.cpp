#include "theme.h"

namespace rwkvk::desktop {
namespace {

ImVec4 rgb(unsigned hex) {
    return {static_cast<float>(hex >> 16 & 255) / 255, static_cast<float>(hex >> 8 & 255) / 255,
            static_cast<float>(hex & 255) / 255, 1};
}

const Palette light = {.background = rgb(0xfcfbf8),
                       .side = rgb(0xf1efe9),
                       .raised = rgb(0xffffff),
                       .border = rgb(0xdcd8ce),
                       .text = rgb(0x25282c),
                       .muted = rgb(0x6b6f76),
                       .accent = rgb(0x2b766e),
                       .on_accent = rgb(0xffffff),
                       .bubble = rgb(0xdfedea),
                       .danger = rgb(0xb03f36)};
const Palette dark = {.background = rgb(0x1c1e23),
                      .side = rgb(0x16181c),
                      .raised = rgb(0x262930),
                      .border = rgb(0x363a43),
                      .text = rgb(0xe4e4e0),
                      .muted = rgb(0x989ea8),
                      .accent = rgb(0x7dbcb2),
                      .on_accent = rgb(0x0f2522),
                      .bubble = rgb(0x29403f),
                      .danger = rgb(0xe58a80)};

ImVec4 faded(ImVec4 color, float alpha) {
    color.w *= alpha;
    return color;
}

void set_sizes(ImGuiStyle& style, float scale) {
    style.WindowPadding = {16, 14};
    style.FramePadding = {12, 7};
    style.ItemSpacing = {10, 9};
    style.ItemInnerSpacing = {8, 6};
    style.CellPadding = {8, 5};
    style.ScrollbarSize = 12;
    style.GrabMinSize = 14;
    style.FrameRounding = style.PopupRounding = style.GrabRounding = 8;
    style.ScrollbarRounding = 6;
    style.WindowRounding = 0;
    style.WindowBorderSize = style.ChildBorderSize = 0;
    style.FrameBorderSize = style.PopupBorderSize = 1;
    style.ScaleAllSizes(scale);
}

void set_frames(ImVec4* colors, const Palette& p) {
    colors[ImGuiCol_FrameBg] = p.raised;
    colors[ImGuiCol_FrameBgHovered] = p.raised;
    colors[ImGuiCol_FrameBgActive] = p.raised;
    colors[ImGuiCol_Button] = p.raised;
    colors[ImGuiCol_ButtonHovered] = faded(p.accent, 0.22f);
    colors[ImGuiCol_ButtonActive] = faded(p.accent, 0.4f);
    colors[ImGuiCol_Header] = faded(p.accent, 0.2f);
    colors[ImGuiCol_HeaderHovered] = faded(p.accent, 0.14f);
    colors[ImGuiCol_HeaderActive] = faded(p.accent, 0.3f);
    colors[ImGuiCol_CheckMark] = p.accent;
    colors[ImGuiCol_SliderGrab] = p.accent;
    colors[ImGuiCol_SliderGrabActive] = p.accent;
    colors[ImGuiCol_PlotHistogram] = p.accent;
    colors[ImGuiCol_TextSelectedBg] = faded(p.accent, 0.35f);
    colors[ImGuiCol_NavHighlight] = faded(p.accent, 0.7f);
}

}  // namespace

const Palette& palette_of(Theme theme) { return theme == Theme::dark ? dark : light; }

void apply_theme(const Palette& p, float scale) {
    ImGuiStyle& style = ImGui::GetStyle();
    style = {};
    set_sizes(style, scale);
    ImVec4* const colors = style.Colors;
    set_frames(colors, p);
    colors[ImGuiCol_Text] = p.text;
    colors[ImGuiCol_TextDisabled] = p.muted;
    colors[ImGuiCol_WindowBg] = p.background;
    colors[ImGuiCol_ChildBg] = faded(p.background, 0);
    colors[ImGuiCol_PopupBg] = p.raised;
    colors[ImGuiCol_Border] = p.border;
    colors[ImGuiCol_Separator] = p.border;
    colors[ImGuiCol_ScrollbarBg] = faded(p.background, 0);
    colors[ImGuiCol_ScrollbarGrab] = p.border;
    colors[ImGuiCol_ScrollbarGrabHovered] = p.muted;
    colors[ImGuiCol_ScrollbarGrabActive] = p.muted;
    colors[ImGuiCol_TableHeaderBg] = p.side;
    colors[ImGuiCol_TableBorderLight] = p.border;
    colors[ImGuiCol_TableBorderStrong] = p.border;
    colors[ImGuiCol_TableRowBgAlt] = faded(p.side, 0.6f);
}

}  // namespace rwkvk::desktop
