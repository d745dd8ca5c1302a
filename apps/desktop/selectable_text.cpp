#include "selectable_text.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "widgets.h"

namespace rwkvk::desktop {
namespace {

struct Line {
    const char *begin, *end;
};

float width_of(const char* begin, const char* end) { return ImGui::CalcTextSize(begin, end).x; }

/// Broken where Dear ImGui does.
std::vector<Line> lines_of(const std::string& text, float width) {
    ImFont* const font = ImGui::GetFont();
    const float scale = ImGui::GetFontSize() / font->FontSize;
    std::vector<Line> lines;
    const char *at = text.data(), *const end = at + text.size();
    while (at < end) {
        const char* const wrap = std::max(font->CalcWordWrapPositionA(scale, at, end, width), at + 1);
        while (const void* const found = std::memchr(at, '\n', static_cast<size_t>(wrap - at))) {
            lines.push_back({at, static_cast<const char*>(found)});
            at = lines.back().end + 1;
        }
        lines.push_back({at, wrap});
        for (at = wrap; at < end && (*at == ' ' || *at == '\t'); ++at) {
        }
        if (at > text.data() && at < end && *at == '\n') ++at;
    }
    return lines;
}

const char* next_character(const char* at, const char* end) {
    for (++at; at < end && (static_cast<unsigned char>(*at) & 0xC0) == 0x80; ++at) {
    }
    return at;
}

/// The gap between characters that a point is next to.
const char* gap_at(const std::vector<Line>& lines, ImVec2 point) {
    const float number =
        std::clamp(point.y / ImGui::GetFontSize(), 0.0f, static_cast<float>(lines.size() - 1));
    const Line& line = lines[static_cast<size_t>(number)];
    const char* at = line.begin;
    for (float left = 0; at < line.end;) {
        const char* const next = next_character(at, line.end);
        const float right = left + width_of(at, next);
        if (point.x < (left + right) / 2) break;
        at = next;
        left = right;
    }
    return at;
}

bool is_in_word(char c) { return std::strchr(" \t\r\n.,;:!?()[]{}\"'`", c) == nullptr; }

void select_word(Selection& selection, const std::string& text) {
    size_t &from = selection.from, &to = selection.to;
    while (from > 0 && is_in_word(text[from - 1])) --from;
    while (to < text.size() && is_in_word(text[to])) ++to;
}

void follow_mouse(View& view, size_t part, const std::string& text, const std::vector<Line>& lines,
                  ImVec2 top) {
    if (ImGui::IsItemHovered()) ImGui::SetMouseCursor(ImGuiMouseCursor_TextInput);
    if (!ImGui::IsItemActive() && !ImGui::IsItemDeactivated()) return;
    Selection& selection = view.state.selection;
    const ImVec2 mouse = ImGui::GetMousePos();
    const auto at = static_cast<size_t>(gap_at(lines, {mouse.x - top.x, mouse.y - top.y}) - text.data());
    const int clicks = ImGui::GetMouseClickedCount(0);
    if (clicks == 1) selection = {part, at, at};
    if (clicks == 2) select_word(selection, text);
    if (clicks > 2) selection = {part, 0, text.size()};
    const ImGuiIO& io = ImGui::GetIO();
    const ImVec2 pressed = io.MouseClickedPos[0];  // a quick hand has let go before the next frame
    const bool moved = std::abs(mouse.x - pressed.x) + std::abs(mouse.y - pressed.y) > io.MouseDragThreshold;
    if (clicks == 0 && moved) selection.to = at;
}

void draw_line(View& view, const Line& line, ImVec2 at, const char* from, const char* to) {
    const char *const first = std::clamp(from, line.begin, line.end), *const last = std::clamp(to, line.begin,
                                                                                               line.end);
    ImDrawList& list = *ImGui::GetWindowDrawList();
    if (first < last) {
        const float left = at.x + width_of(line.begin, first);
        list.AddRectFilled({left, at.y}, {left + width_of(first, last), at.y + ImGui::GetFontSize()},
                           ImGui::GetColorU32(ImGuiCol_TextSelectedBg), view.px(2));
    }
    list.AddText(at, ImGui::GetColorU32(ImGuiCol_Text), line.begin, line.end);
}

}  // namespace

void selectable_text(View& view, size_t part, const std::string& text, float width) {
    if (text.empty()) return;
    const std::vector<Line> lines = lines_of(text, width);
    const ImVec2 top = ImGui::GetCursorScreenPos();
    const float line_height = ImGui::GetFontSize();
    ImGui::PushID(static_cast<int>(part));
    ImGui::InvisibleButton("text", {width, line_height * static_cast<float>(lines.size())});
    ImGui::PopID();
    mark(view, "text." + std::to_string(part));
    follow_mouse(view, part, text, lines, top);
    const auto [from, to] = view.state.selection.range_in(part, text.size());
    for (size_t i = 0; i < lines.size(); ++i) {
        const ImVec2 at{top.x, top.y + line_height * static_cast<float>(i)};
        if (ImGui::IsRectVisible(at, {at.x + width, at.y + line_height}))
            draw_line(view, lines[i], at, text.data() + from, text.data() + to);
    }
}

}  // namespace rwkvk::desktop
