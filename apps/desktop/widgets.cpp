#include "widgets.h"

#include <algorithm>
#include <cstdio>

namespace rwkvk::desktop {
namespace {

void push_look(const Palette& palette, Look look) {
    const ImVec4 none{0, 0, 0, 0};
    const bool primary = look == Look::primary;
    ImVec4 hovered = palette.accent;
    hovered.w = primary ? 0.85f : 0.18f;
    ImGui::PushStyleColor(ImGuiCol_Button, primary               ? palette.accent
                                           : look == Look::quiet ? none
                                                                 : palette.raised);
    ImGui::PushStyleColor(ImGuiCol_ButtonHovered, hovered);
    ImGui::PushStyleColor(ImGuiCol_Text, primary               ? palette.on_accent
                                         : look == Look::quiet ? palette.muted
                                                               : palette.text);
    ImGui::PushStyleVar(ImGuiStyleVar_FrameBorderSize, look == Look::plain ? 1.0f : 0.0f);
}

void pop_look() {
    ImGui::PopStyleVar();
    ImGui::PopStyleColor(3);
}

}  // namespace

ImFont* small_font() { return ImGui::GetIO().Fonts->Fonts[1]; }

void mark(View& view, const std::string& name) {
    const ImVec2 least = ImGui::GetItemRectMin(), most = ImGui::GetItemRectMax();
    view.state.marks[name] = {(least.x + most.x) / 2, (least.y + most.y) / 2};
}

bool button(View& view, const char* name, const char* label, Look look, float width, bool enabled) {
    push_look(view.palette, look);
    ImGui::PushID(name);
    ImGui::BeginDisabled(!enabled);
    const bool pressed = ImGui::Button(label, {width, 0});
    ImGui::EndDisabled();
    ImGui::PopID();
    pop_look();
    mark(view, name);
    return pressed;
}

float button_width(const char* label) {
    return ImGui::CalcTextSize(label).x + 2 * ImGui::GetStyle().FramePadding.x;
}

void copy_button(View& view, const char* name, const char* label, const std::function<std::string()>& text) {
    const bool just_copied = view.state.copied == name && ImGui::GetTime() - view.state.copied_at < 1.5;
    if (!button(view, name, just_copied ? "Copied" : label, Look::quiet)) return;
    ImGui::SetClipboardText(text().c_str());
    view.state.copied = name;
    view.state.copied_at = ImGui::GetTime();
}

void muted_text(View& view, const char* text) {
    ImGui::PushFont(small_font());
    ImGui::PushStyleColor(ImGuiCol_Text, view.palette.muted);
    ImGui::TextUnformatted(text);
    ImGui::PopStyleColor();
    ImGui::PopFont();
}

void wrapped_muted_text(View& view, const char* text) {
    ImGui::PushTextWrapPos(0);
    muted_text(view, text);
    ImGui::PopTextWrapPos();
}

void heading(View& view, const char* text) {
    ImGui::Dummy({0, view.px(4)});
    ImGui::PushStyleColor(ImGuiCol_Text, view.palette.accent);
    ImGui::TextUnformatted(text);
    ImGui::PopStyleColor();
}

void tooltip(const char* text) {
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled)) ImGui::SetTooltip("%s", text);
}

std::string fitting(const std::string& text, float width) {
    if (ImGui::CalcTextSize(text.c_str()).x <= width) return text;
    const char* end = nullptr;
    const float room = width - ImGui::CalcTextSize("…").x;
    ImGui::GetFont()->CalcTextSizeA(ImGui::GetFontSize(), std::max(room, 0.0f), 0, text.c_str(), nullptr,
                                    &end);
    return std::string(text.c_str(), end) + "…";
}

std::string short_number(double number) {
    char text[32];
    if (number >= 1e9) {
        std::snprintf(text, sizeof text, "%.1f B", number * 1e-9);
    } else {
        std::snprintf(text, sizeof text, "%.1f M", number * 1e-6);
    }
    return text;
}

}  // namespace rwkvk::desktop
