#include "view.h"

#include "widgets.h"

namespace rwkvk::desktop {
namespace {

constexpr float sidebar_width = 268, settings_width = 380, verify_width = 500, least_chat = 400;

void obey(View& view) {
    const Commands commands = std::exchange(view.state.commands, {});
    Session& session = view.session;
    if (commands.send && session.say(view.state.composer)) {
        view.state.new_composer = "";
        view.state.follow = true;
    }
    if (commands.stop) session.stop();
    if (commands.copy && !view.state.composer_active) {
        if (const std::string text = selected_text(view); !text.empty())
            ImGui::SetClipboardText(text.c_str());
    }
    if (commands.start_new) session.start_new();
    if (commands.regenerate) {
        session.regenerate();
        view.state.follow = view.state.focus_composer = true;
    }
    if (commands.rename) begin_rename(view.state, session.current());
    if (commands.settings)
        view.state.panel = view.state.panel == Panel::settings ? Panel::none : Panel::settings;
}

/// What was noted of another conversation goes.
void follow_selection(View& view) {
    ViewState& state = view.state;
    if (std::string text = view.session.take_returned_text(); !text.empty() && state.composer.empty()) {
        state.new_composer = std::move(text);
        state.focus_composer = true;
    }
    if (state.conversation == view.session.current().id) return;
    state.conversation = view.session.current().id;
    state.heights.clear();
    state.unfolded.clear();
    state.selection = {};
    state.system = view.session.current().system;
    state.follow = state.focus_composer = true;
}

void draw_panel(View& view, float width) {
    ImGui::PushStyleColor(ImGuiCol_ChildBg, view.palette.side);
    ImGui::BeginChild("panel", {width, 0}, false, ImGuiWindowFlags_AlwaysUseWindowPadding);
    view.state.panel == Panel::settings ? draw_settings(view) : draw_verify(view);
    ImGui::EndChild();
    ImGui::PopStyleColor();
}

}  // namespace

void draw(View view, float width, float height) {
    follow_selection(view);
    view.state.marks.clear();
    ImGui::SetNextWindowPos({0, 0});
    ImGui::SetNextWindowSize({width, height});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {0, 0});
    ImGui::Begin("window", nullptr,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoSavedSettings |
                     ImGuiWindowFlags_NoBringToFrontOnFocus);
    ImGui::PopStyleVar();
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {0, 0});
    const bool narrow = width < view.px(sidebar_width + least_chat);
    if (!narrow) {
        ImGui::PushStyleColor(ImGuiCol_ChildBg, view.palette.side);
        ImGui::BeginChild("sidebar", {view.px(sidebar_width), 0}, false,
                          ImGuiWindowFlags_AlwaysUseWindowPadding);
        ImGui::PopStyleVar();
        draw_sidebar(view);
        ImGui::EndChild();
        ImGui::PopStyleColor();
        ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {0, 0});
        ImGui::SameLine();
    }
    const bool panel = view.state.panel != Panel::none;
    const float wanted = view.px(view.state.panel == Panel::verify ? verify_width : settings_width);
    const float room = ImGui::GetContentRegionAvail().x;
    const float panel_width = !panel ? 0 : room - wanted < view.px(least_chat) ? room : wanted;
    if (panel_width < room) {
        ImGui::BeginChild("chat", {room - panel_width, 0}, false, ImGuiWindowFlags_AlwaysUseWindowPadding);
        ImGui::PopStyleVar();
        draw_chat(view);
        ImGui::EndChild();
        ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {0, 0});
        ImGui::SameLine();
    }
    ImGui::PopStyleVar();
    if (panel) draw_panel(view, panel_width);
    ImGui::End();
    obey(view);  // now that the composer has taken what was typed before Enter
}

}  // namespace rwkvk::desktop
