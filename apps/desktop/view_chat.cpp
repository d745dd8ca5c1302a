// The middle of the window: title, messages, composer.
#include <imgui.h>
#include <imgui_stdlib.h>

#include <algorithm>
#include <cstdio>

#include "widgets.h"

namespace rwkvk::desktop {
namespace {

constexpr float composer_lines = 6;

void draw_header(View& view) {
    const Conversation& conversation = view.session.current();
    const bool can_fork = !conversation.messages.empty() && !view.session.answering_here();
    const float buttons = button_width("Save state") + button_width("Fork") + button_width("Copy report") +
                          2 * ImGui::GetStyle().ItemSpacing.x;
    const float right = ImGui::GetContentRegionMax().x - buttons;
    ImGui::AlignTextToFramePadding();
    ImGui::TextUnformatted(
        fitting(conversation.name(), right - ImGui::GetCursorPosX() - view.px(10)).c_str());
    ImGui::SameLine(right);
    if (button(view, "savestate", "Save state", Look::quiet, 0, view.session.can_save_state()))
        view.session.save_state();
    tooltip("What the model has read, as a file that any conversation can go on from");
    ImGui::SameLine();
    if (button(view, "fork", "Fork", Look::quiet, 0, can_fork))
        view.session.fork(conversation.messages.size());
    tooltip("Goes on in a copy of this conversation");
    ImGui::SameLine();
    copy_button(view, "report", "Copy report", [&] { return view.session.report(); });
    tooltip("Model, device, speed, verification and this conversation, as text");
    ImGui::Separator();
}

/// One that stays until it is dismissed; whether that was done now.
bool draw_banner(View& view, const char* name, const std::string& text, const ImVec4& colour) {
    ImVec4 tint = colour;
    tint.w = 0.14f;
    const float close = button_width("Dismiss") + view.px(28);
    const float wrap = ImGui::GetContentRegionAvail().x - close;
    const ImVec2 size = ImGui::CalcTextSize(text.c_str(), nullptr, false, wrap);
    ImGui::PushStyleColor(ImGuiCol_ChildBg, tint);
    ImGui::PushStyleVar(ImGuiStyleVar_ChildRounding, view.px(8));
    ImGui::BeginChild(name, {0, std::max(size.y, ImGui::GetFrameHeight()) + view.px(16)}, false,
                      ImGuiWindowFlags_NoScrollbar);
    ImGui::SetCursorPos({view.px(12), view.px(10)});
    ImGui::PushStyleColor(ImGuiCol_Text, colour);
    ImGui::PushTextWrapPos(view.px(12) + wrap);
    ImGui::TextUnformatted(text.c_str());
    ImGui::PopTextWrapPos();
    ImGui::PopStyleColor();
    ImGui::SetCursorPos({ImGui::GetWindowWidth() - button_width("Dismiss") - view.px(6), view.px(7)});
    const bool dismissed = button(view, "dismiss", "Dismiss", Look::quiet);
    ImGui::EndChild();
    ImGui::PopStyleVar();
    ImGui::PopStyleColor();
    return dismissed;
}

void draw_banners(View& view) {
    Session& session = view.session;
    if (!session.error().empty() && draw_banner(view, "error", session.error(), view.palette.danger))
        session.dismiss_error();
    if (!session.notice().empty() && draw_banner(view, "notice", session.notice(), view.palette.accent))
        session.dismiss_notice();
}

/// What the model is doing; one line, always as high.
std::string status_text(const Session& session) {
    const AnswerState& answer = session.answer();
    char text[160] = "";
    if (session.model().loading) {
        return "The model is being loaded";
    } else if (session.answering() && answer.pieces == 0) {
        std::snprintf(text, sizeof text, "Reading, %zu of %zu tokens", answer.prompt_done,
                      answer.prompt_total);
    } else if (session.answering()) {
        std::snprintf(text, sizeof text, "%.0f tokens/s", answer.tokens_per_second);
    } else if (answer.tokens > 0) {
        std::snprintf(text, sizeof text, "%.0f tokens/s; prompt: %zu tokens, %zu known",
                      answer.tokens_per_second, static_cast<size_t>(answer.prompt_tokens),
                      static_cast<size_t>(answer.cached_tokens));
    } else {
        return "Enter sends, Shift+Enter begins a new line";
    }
    return text;
}

void draw_status(View& view) {
    const AnswerState& answer = view.session.answer();
    muted_text(view, status_text(view.session).c_str());
    if (!view.session.answering() || answer.pieces > 0 || answer.prompt_total == 0) return;
    ImGui::SameLine();
    ImGui::SetCursorPosY(ImGui::GetCursorPosY() + view.px(4));
    ImGui::ProgressBar(static_cast<float>(answer.prompt_done) / static_cast<float>(answer.prompt_total),
                       {view.px(160), view.px(6)}, "");
}

/// Dear ImGui keeps its own copy of what is typed, which only this changes.
int replace_text(ImGuiInputTextCallbackData* data) {
    auto& state = *static_cast<ViewState*>(data->UserData);
    if (!state.new_composer) return 0;
    data->DeleteChars(0, data->BufTextLen);
    data->InsertChars(0, state.new_composer->c_str());
    state.new_composer.reset();
    return 0;
}

void draw_field(View& view, float width, float height) {
    ViewState& state = view.state;
    if (state.new_composer && !state.composer_active) state.composer = *std::exchange(state.new_composer, {});
    if (state.focus_composer && !ImGui::IsAnyItemActive() &&
        !ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopup)) {
        ImGui::SetKeyboardFocusHere();
        state.focus_composer = false;
        state.composer_awaits_focus = true;
    }
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::InputTextMultiline("##composer", &state.composer, {width, height},
                              ImGuiInputTextFlags_CallbackAlways, replace_text, &state);
    mark(view, "composer");
    state.composer_active = ImGui::IsItemActive();
    if (state.composer_active) state.composer_awaits_focus = false;
    if (!state.composer.empty()) return;
    const ImVec2 padding = ImGui::GetStyle().FramePadding;
    ImGui::GetWindowDrawList()->AddText({at.x + padding.x, at.y + padding.y},
                                        ImGui::GetColorU32(view.palette.muted), "Write a message");
}

/// Of the lines that it has, six at most.
float composer_height(const View& view) {
    const auto breaks = std::count(view.state.composer.begin(), view.state.composer.end(), '\n');
    const float lines = std::min(composer_lines, static_cast<float>(breaks + 1));
    return lines * ImGui::GetTextLineHeight() + 2 * ImGui::GetStyle().FramePadding.y + view.px(2);
}

void draw_composer(View& view) {
    const float send = std::max(button_width("Send"), button_width("Stop"));
    const float width = ImGui::GetContentRegionAvail().x - send - ImGui::GetStyle().ItemSpacing.x;
    ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, {view.px(14), view.px(10)});
    draw_field(view, width, composer_height(view));
    ImGui::SameLine();
    if (view.session.answering()) {
        if (button(view, "stop", "Stop", Look::plain, send)) view.session.stop();
        tooltip("Esc");
    } else if (button(view, "send", "Send", Look::primary, send, view.session.can_say())) {
        view.state.commands.send = true;
        view.state.focus_composer = true;
    }
    ImGui::PopStyleVar();
    draw_status(view);
}

}  // namespace

void draw_chat(View& view) {
    draw_header(view);
    draw_banners(view);
    ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, {view.px(14), view.px(10)});
    const float composer = composer_height(view);
    ImGui::PopStyleVar();
    const float below = composer + small_font()->FontSize + 2 * ImGui::GetStyle().ItemSpacing.y;
    draw_messages(view, std::max(view.px(80), ImGui::GetContentRegionAvail().y - below));
    draw_composer(view);
}

}  // namespace rwkvk::desktop
