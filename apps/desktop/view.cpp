#include "view.h"

#include "widgets.h"

namespace rwkvk::desktop {
namespace {

constexpr float sidebar_width = 284, settings_width = 380, verify_width = 484, least_chat = 400;

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

/// A part of the window from top to bottom, beside the one before.
template <typename Body>
void column(const char* name, float width, const ImVec4& background, const Body& body) {
    ImGui::PushStyleColor(ImGuiCol_ChildBg, background);
    ImGui::BeginChild(name, {width, 0}, false, ImGuiWindowFlags_AlwaysUseWindowPadding);
    body();
    ImGui::EndChild();
    ImGui::PopStyleColor();
    ImGui::SameLine(0, 0);
}

/// A panel without room beside the chat takes its place.
void draw_columns(View& view, float width) {
    const Palette& palette = view.palette;
    if (width >= view.px(sidebar_width + least_chat)) {
        column("sidebar", view.px(sidebar_width), palette.side, [&] { draw_sidebar(view); });
        width -= view.px(sidebar_width);
    }
    const Panel panel = view.state.panel;
    const float wanted = view.px(panel == Panel::verify ? verify_width : settings_width);
    const float beside = panel == Panel::none ? 0 : width - wanted < view.px(least_chat) ? width : wanted;
    if (beside < width) column("chat", width - beside, palette.background, [&] { draw_chat(view); });
    if (panel == Panel::none) return;
    column("panel", beside, palette.side,
           [&] { panel == Panel::settings ? draw_settings(view) : draw_verify(view); });
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
    draw_columns(view, width);
    ImGui::End();
    obey(view);  // now that the composer has taken what was typed before Enter
}

}  // namespace rwkvk::desktop
