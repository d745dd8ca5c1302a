// The conversations, and the model below them.
#include <imgui.h>
#include <imgui_stdlib.h>

#include <utility>

#include "memory.h"
#include "widgets.h"

namespace rwkvk::desktop {
namespace {

constexpr float card_lines = 6;

void draw_title_field(View& view, size_t index) {
    ImGui::SetNextItemWidth(-1);
    if (std::exchange(view.state.focus_title, false)) ImGui::SetKeyboardFocusHere();
    const bool entered =
        ImGui::InputText("##title", &view.state.title,
                         ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll);
    mark(view, "title");
    if (!entered && !ImGui::IsItemDeactivated()) return;
    if (entered) view.session.rename(index, view.state.title);
    view.state.renamed.clear();
    view.state.focus_composer = true;
}

/// True when the list is another one now.
bool draw_menu(View& view, size_t index) {
    const Conversation& conversation = view.session.library().all()[index];
    bool changed = false;
    if (ImGui::MenuItem("Rename", "F2")) begin_rename(view.state, conversation);
    mark(view, "menu.rename");
    if (ImGui::MenuItem("Fork", nullptr, false,
                        !conversation.messages.empty() && !view.session.answering_here())) {
        view.session.select(index);
        view.session.fork(conversation.messages.size());
        changed = true;
    }
    mark(view, "menu.fork");
    if (!changed && ImGui::MenuItem("Delete")) {
        view.session.remove(index);
        changed = true;
    }
    mark(view, "menu.delete");
    return changed;
}

bool draw_row(View& view, size_t index) {
    const Conversation& conversation = view.session.library().all()[index];
    if (view.state.renamed == conversation.id) {
        draw_title_field(view, index);
        return false;
    }
    const bool selected = index == view.session.library().current_index();
    ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, {view.px(10), view.px(7)});
    ImVec4 tint = view.palette.accent;
    tint.w = selected ? 0.18f : 0;
    ImGui::PushStyleColor(ImGuiCol_Button, tint);
    tint.w = selected ? 0.24f : 0.1f;
    ImGui::PushStyleColor(ImGuiCol_ButtonHovered, tint);
    ImGui::PushStyleVar(ImGuiStyleVar_ButtonTextAlign, {0, 0.5f});
    ImGui::PushStyleVar(ImGuiStyleVar_FrameBorderSize, 0);
    const std::string label =
        fitting(conversation.name(), ImGui::GetContentRegionAvail().x - view.px(20)) + "###row";
    if (ImGui::Button(label.c_str(), {-1, 0})) view.session.select(index);
    mark(view, "row." + std::to_string(index));
    ImGui::PopStyleVar(3);
    ImGui::PopStyleColor(2);
    if (ImGui::IsItemHovered() && ImGui::IsMouseDoubleClicked(0)) begin_rename(view.state, conversation);
    tooltip("Right click: rename, fork, delete");
    if (!ImGui::BeginPopupContextItem("menu")) return false;
    const bool changed = draw_menu(view, index);
    ImGui::EndPopup();
    return changed;
}

void draw_list(View& view, float height) {
    ImGui::BeginChild("conversations", {0, height});
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {0, view.px(2)});
    for (size_t i = 0; i < view.session.library().all().size(); ++i) {
        ImGui::PushID(view.session.library().all()[i].id.c_str());
        const bool changed = draw_row(view, i);
        ImGui::PopID();
        if (changed) break;
    }
    ImGui::PopStyleVar();
    ImGui::EndChild();
}

/// As of a second ago at most.
uint64_t memory_of_process(ViewState& state) {
    const double now = ImGui::GetTime();
    if (now >= state.memory_due) {
        state.memory = own_bytes();
        state.memory_due = now + 1;
    }
    return state.memory;
}

std::string verified_text(const Session& session) {
    if (session.verification().report)
        return session.verification().report->equal ? "Verified: every bit equal" : "VERIFICATION FAILED";
    return session.model().facts.on_cpu ? "The exact reference" : "Passed its self-test";
}

void draw_model_card(View& view) {
    const ModelState& model = view.session.model();
    ImGui::PushTextWrapPos(0);
    if (model.loading) {
        ImGui::Text("Loading %s", model.loading_name.c_str());
        ImGui::ProgressBar(static_cast<float>(model.fraction), {-1, view.px(6)}, "");
    } else if (model.ready) {
        const ModelFacts& facts = model.facts;
        ImGui::TextUnformatted(facts.name.c_str());
        const std::string kind = "RWKV " + facts.version + ", " +
                                 short_number(static_cast<double>(facts.parameters)) + " parameters";
        muted_text(view, kind.c_str());
        muted_text(view, facts.device.c_str());
        if (!facts.kernels.empty() && ImGui::IsItemHovered()) tooltip(facts.kernels.c_str());
        muted_text(view, verified_text(view.session).c_str());
        muted_text(view, ("Weights " + bytes_text(facts.weight_bytes)).c_str());
        const std::string memory = memory_text(memory_of_process(view.state), facts.device_bytes);
        muted_text(view, ("Memory: " + memory).c_str());
    } else {
        ImGui::TextUnformatted("No model");
    }
    ImGui::PopTextWrapPos();
}

/// The states to go on from, as they were when the list was opened.
void draw_states(View& view) {
    if (view.state.states.empty()) ImGui::TextDisabled("No state is saved yet");
    for (size_t i = 0; i < view.state.states.size(); ++i) {
        const std::filesystem::path& file = view.state.states[i];
        ImGui::PushID(static_cast<int>(i));
        if (ImGui::MenuItem(file.stem().c_str())) view.session.begin_from(file.string());
        ImGui::PopID();
        mark(view, "state." + std::to_string(i));
    }
    ImGui::Separator();
    ImGui::TextDisabled("Any other can be dropped on the window");
}

void draw_new(View& view) {
    const float from = button_width("From…"), gap = view.px(4);
    const float width = ImGui::GetContentRegionAvail().x - from - gap;
    if (button(view, "new", "New conversation", Look::primary, width)) view.session.start_new();
    tooltip("Ctrl+N");
    ImGui::SameLine(0, gap);
    const ImVec2 below{ImGui::GetCursorScreenPos().x, ImGui::GetCursorScreenPos().y + ImGui::GetFrameHeight()};
    if (button(view, "from", "From…", Look::plain, from)) {
        view.state.states = view.session.saved_states();
        ImGui::OpenPopup("states");
    }
    tooltip("A new conversation that goes on from a saved state");
    ImGui::SetNextWindowPos({below.x, below.y + gap});
    if (!ImGui::BeginPopup("states")) return;
    draw_states(view);
    ImGui::EndPopup();
}

}  // namespace

void begin_rename(ViewState& state, const Conversation& conversation) {
    state.renamed = conversation.id;
    state.title = conversation.name();
    state.focus_title = true;
}

void draw_sidebar(View& view) {
    draw_new(view);
    ImGui::Dummy({0, view.px(2)});
    const float gap = ImGui::GetStyle().ItemSpacing.y, small_line = small_font()->FontSize + view.px(4);
    const float card = ImGui::GetTextLineHeight() + card_lines * small_line;
    draw_list(view, ImGui::GetContentRegionAvail().y - card - ImGui::GetFrameHeight() - 4 * gap);
    ImGui::Separator();
    ImGui::BeginChild("card", {0, card}, false, ImGuiWindowFlags_NoScrollbar);
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {0, view.px(4)});
    draw_model_card(view);
    ImGui::PopStyleVar();
    ImGui::EndChild();
    ImGui::Dummy({0, 0});
    const float half = (ImGui::GetContentRegionAvail().x - ImGui::GetStyle().ItemSpacing.x) / 2;
    if (button(view, "settings", "Settings", Look::plain, half)) view.state.commands.settings = true;
    tooltip("Ctrl+,");
    ImGui::SameLine();
    if (button(view, "verify", "Verify", Look::plain, half)) view.state.panel = Panel::verify;
    tooltip("Compares the device with the CPU, step by step");
}

}  // namespace rwkvk::desktop
