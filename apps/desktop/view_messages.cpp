// The transcript: what was said on the right, answers on the left.
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "selectable_text.h"
#include "widgets.h"

namespace rwkvk::desktop {
namespace {

constexpr float column_width = 780, bubble_share = 0.82f;

size_t text_part(size_t message) { return 2 * message; }
size_t reasoning_part(size_t message) { return 2 * message + 1; }

void draw_bubble(View& view, size_t index, const std::string& text, float width) {
    const ImVec2 padding{view.px(14), view.px(10)};
    const float wrap = width * bubble_share - 2 * padding.x;
    const ImVec2 size = ImGui::CalcTextSize(text.c_str(), text.c_str() + text.size(), false, wrap);
    const float left = ImGui::GetCursorPosX() + width - size.x - 2 * padding.x;
    ImGui::SetCursorPosX(left);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const ImVec2 end{at.x + size.x + 2 * padding.x, at.y + size.y + 2 * padding.y};
    ImGui::GetWindowDrawList()->AddRectFilled(at, end, ImGui::GetColorU32(view.palette.bubble), view.px(14));
    ImGui::SetCursorScreenPos({at.x + padding.x, at.y + padding.y});
    selectable_text(view, text_part(index), text, size.x + 1);
    ImGui::SetCursorScreenPos({at.x, end.y});
    ImGui::Dummy({0, 0});
}

void draw_reasoning(View& view, size_t index, const Message& message, float width) {
    if (message.reasoning.empty()) return;
    const float left = ImGui::GetCursorPosX();
    bool& open = view.state.unfolded[index];
    char label[64];
    std::snprintf(label, sizeof label, "%s reasoning, %zu characters###fold", open ? "Hide" : "Show",
                  message.reasoning.size());
    ImGui::PushFont(small_font());
    if (button(view, ("fold." + std::to_string(index)).c_str(), label, Look::quiet)) open = !open;
    ImGui::PopFont();
    if (!open) return;
    ImGui::SetCursorPosX(left + view.px(14));
    ImGui::PushStyleColor(ImGuiCol_Text, view.palette.muted);
    const ImVec2 top = ImGui::GetCursorScreenPos();
    selectable_text(view, reasoning_part(index), message.reasoning, width - view.px(14));
    ImGui::PopStyleColor();
    ImGui::GetWindowDrawList()->AddRectFilled({top.x - view.px(10), top.y},
                                              {top.x - view.px(7), ImGui::GetItemRectMax().y},
                                              ImGui::GetColorU32(view.palette.border));
    ImGui::SetCursorPosX(left);
}

std::string facts_of(const Message& message) {
    if (message.tokens == 0) return message.ending;
    char text[160];
    const double rate = message.seconds > 0 ? static_cast<double>(message.tokens) / message.seconds : 0;
    std::snprintf(text, sizeof text, "%zu tokens, %.0f tokens/s%s%s", static_cast<size_t>(message.tokens),
                  rate, message.ending.empty() ? "" : ", ", message.ending.c_str());
    return text;
}

void take_back(View& view) {
    view.state.new_composer = view.session.undo();
    view.state.focus_composer = true;
}

void draw_answer_actions(View& view, size_t index, bool last) {
    Session& session = view.session;
    const Message& message = session.current().messages[index];
    const std::string number = std::to_string(index);
    copy_button(view, ("copy." + number).c_str(), "Copy", [&] { return message.text; });
    ImGui::SameLine();
    if (last) {
        if (button(view, "regenerate", "Regenerate", Look::quiet, 0, session.can_say()))
            view.state.commands.regenerate = true;
        tooltip("Another answer (Ctrl+R)");
        ImGui::SameLine();
        if (button(view, "undo", "Undo", Look::quiet, 0, !session.answering_here())) take_back(view);
        tooltip("Takes the last turn back; what was said can be changed and sent again");
    } else {
        if (button(view, ("forkat." + number).c_str(), "Fork here", Look::quiet)) session.fork(index + 1);
        tooltip("Goes on from here in a copy");
    }
}

void draw_footer(View& view, size_t index, bool last) {
    const ImVec2 padding = ImGui::GetStyle().FramePadding;
    ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, {view.px(7), view.px(3)});
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {view.px(4), padding.y});
    ImGui::PushFont(small_font());
    ImGui::SetCursorPosX(ImGui::GetCursorPosX() - view.px(7));
    const std::string facts = facts_of(view.session.current().messages[index]);
    draw_answer_actions(view, index, last);
    if (!facts.empty() && index < view.session.current().messages.size()) {
        ImGui::SameLine(0, view.px(10));
        muted_text(view, facts.c_str());
    }
    ImGui::PopFont();
    ImGui::PopStyleVar(2);
}

void draw_answer(View& view, size_t index, float width) {
    const auto& messages = view.session.current().messages;
    const Message& message = messages[index];
    const bool last = index + 1 == messages.size();
    const bool coming = last && view.session.answering_here();
    draw_reasoning(view, index, message, width);
    if (coming && message.text.empty()) {
        ImGui::TextDisabled("…");
    } else {
        selectable_text(view, text_part(index), message.text, width);
    }
    if (!coming) draw_footer(view, index, last);
}

/// A message out of sight takes its place without being laid out, when its height is known.
bool skip(View& view, size_t index, size_t bytes, float width) {
    const ViewState::Height& known = view.state.heights[index];
    if (known.bytes != bytes || known.width != width || known.height <= 0) return false;
    const float top = ImGui::GetCursorScreenPos().y, window = ImGui::GetWindowPos().y;
    if (top < window + ImGui::GetWindowHeight() && top + known.height > window) return false;
    ImGui::Dummy({width, known.height});
    return true;
}

void draw_message(View& view, size_t index, float left, float width) {
    const Message& message = view.session.current().messages[index];
    const bool last = index + 1 == view.session.current().messages.size();
    const size_t bytes = message.text.size() + message.reasoning.size() +
                         (view.state.unfolded[index] ? 1 : 0) + (last ? 1u << 30 : 0);
    ImGui::SetCursorPosX(left);
    if (skip(view, index, bytes, width)) return;
    const float top = ImGui::GetCursorPosY();
    ImGui::BeginGroup();
    if (message.role == Role::user) {
        draw_bubble(view, index, message.text, width);
    } else {
        draw_answer(view, index, width);
    }
    ImGui::EndGroup();
    view.state.heights[index] = {bytes, width,
                                 ImGui::GetCursorPosY() - top - ImGui::GetStyle().ItemSpacing.y};
}

struct Suggestion {
    const char *name, *text;
};
constexpr Suggestion suggestions[] = {{"suggest.0", "Hello!"},
                                      {"suggest.1", "What is 4738 + 965?"},
                                      {"suggest.2", "How many r are in strawberry?"},
                                      {"suggest.3", "Tell me a story."}};

void centred(const char* text, float width, float left) {
    ImGui::SetCursorPosX(left + std::max(0.0f, (width - ImGui::CalcTextSize(text).x) / 2));
    ImGui::TextUnformatted(text);
}

std::string goes_on_from(const std::string& state) {
    return "Goes on from " + std::filesystem::path(state).stem().string();
}

/// What a new conversation shows.
void draw_welcome(View& view, float left, float width) {
    ImGui::SetCursorPosY(std::max(view.px(20), ImGui::GetWindowHeight() * 0.32f));
    const ModelState& model = view.session.model();
    const std::string name = model.ready ? "Talk with " + model.facts.name : "Loading " + model.loading_name;
    ImGui::SetWindowFontScale(1.35f);
    centred(name.c_str(), width, left);
    ImGui::SetWindowFontScale(1);
    ImGui::PushStyleColor(ImGuiCol_Text, view.palette.muted);
    const std::string& state = view.session.current().state;
    if (!state.empty()) centred(goes_on_from(state).c_str(), width, left);
    centred("Everything runs on this computer. Drop a model here to open it, or a state to go on from.",
            width, left);
    ImGui::PopStyleColor();
    if (!model.ready || !model.facts.path.empty()) return;
    ImGui::Dummy({0, view.px(10)});
    const float gap = ImGui::GetStyle().ItemSpacing.x;
    float total = -gap;
    for (const Suggestion& one : suggestions) total += button_width(one.text) + gap;
    const bool in_a_row = total <= width;
    ImGui::SetCursorPosX(left + std::max(0.0f, (width - total) / 2));
    for (const Suggestion& one : suggestions) {
        if (!in_a_row) ImGui::SetCursorPosX(left + (width - button_width(one.text)) / 2);
        if (button(view, one.name, one.text, Look::plain, 0, view.session.can_say()))
            view.session.say(one.text);
        if (in_a_row) ImGui::SameLine();
    }
}

/// Whoever scrolls up stays there, until he comes back to the end.
void keep_place(View& view) {
    const bool at_end = ImGui::GetScrollY() >= ImGui::GetScrollMaxY() - 1;
    const bool moved = ImGui::GetIO().MouseWheel != 0 || ImGui::IsMouseDown(0);
    if (at_end || moved) view.state.follow = at_end;
}

}  // namespace

std::string selected_text(const View& view) {
    const size_t part = view.state.selection.part;
    const auto& messages = view.session.current().messages;
    if (part / 2 >= messages.size()) return "";
    const Message& message = messages[part / 2];
    const std::string& text = part == text_part(part / 2) ? message.text : message.reasoning;
    const auto [from, to] = view.state.selection.range_in(part, text.size());
    return text.substr(from, to - from);
}

void draw_messages(View& view, float height) {
    ImGui::BeginChild("messages", {0, height});
    if (ImGui::IsMouseClicked(0) && ImGui::IsWindowHovered())
        view.state.selection = {};  // a click on text begins another
    const float room = ImGui::GetContentRegionAvail().x - view.px(8);
    const float width = std::min(room, view.px(column_width)), left = (room - width) / 2;
    keep_place(view);
    if (view.session.current().messages.empty()) {
        draw_welcome(view, left, width);
    } else {
        ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {view.px(8), view.px(8)});
        ImGui::Dummy({0, view.px(4)});
        if (const std::string& state = view.session.current().state; !state.empty()) {
            ImGui::SetCursorPosX(left);
            muted_text(view, goes_on_from(state).c_str());
        }
        for (size_t i = 0; i < view.session.current().messages.size(); ++i) {
            ImGui::PushID(static_cast<int>(i));
            draw_message(view, i, left, width);
            ImGui::PopID();
            ImGui::Dummy({0, view.px(6)});
        }
        ImGui::PopStyleVar();
        if (view.state.follow) ImGui::SetScrollHereY(1);
    }
    ImGui::EndChild();
}

}  // namespace rwkvk::desktop
