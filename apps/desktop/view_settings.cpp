// The panel on the right: model, device, how answers are drawn, looks.
#include <imgui.h>
#include <imgui_stdlib.h>

#include <algorithm>
#include <filesystem>

#include "widgets.h"

namespace rwkvk::desktop {
namespace {

constexpr float field_width = 190;  // that have their label on the right

void draw_model(View& view) {
    Session& session = view.session;
    heading(view, "Model");
    wrapped_muted_text(
        view,
        "A file or folder: .gguf, .pth, .safetensors, rwkv.cpp .bin. It can be dropped on the window too.");
    const float open = button_width("Open");
    ImGui::SetNextItemWidth(-open - ImGui::GetStyle().ItemSpacing.x);
    const bool entered = ImGui::InputTextWithHint("##path", "path", &view.state.model_path,
                                                  ImGuiInputTextFlags_EnterReturnsTrue);
    mark(view, "path");
    ImGui::SameLine();
    const bool pressed = button(view, "open", "Open", Look::primary, 0, !view.state.model_path.empty());
    if ((entered || pressed) && !view.state.model_path.empty()) session.open_model(view.state.model_path);
    for (size_t i = 0; i < session.settings.recent.size(); ++i) {
        const std::string path = session.settings.recent[i];
        ImGui::PushID(static_cast<int>(i));
        const std::string name = std::filesystem::path(path).filename().string();
        if (button(view, ("recent." + std::to_string(i)).c_str(), name.c_str(), Look::quiet))
            session.open_model(path);
        tooltip(path.c_str());
        ImGui::PopID();
    }
    if (button(view, "embedded", "The embedded model", Look::quiet)) session.open_model("");
    tooltip("4 million parameters, part of this program");
}

void draw_device(View& view) {
    Session& session = view.session;
    heading(view, "Device");
    const std::string& chosen = session.settings.device;
    std::string shown = chosen.empty() ? "The best there is" : chosen;
    for (const DeviceRow& row : session.devices()) {
        if (row.index == chosen) shown = row.name;
    }
    ImGui::SetNextItemWidth(-1);
    const bool open = ImGui::BeginCombo("##device", shown.c_str());
    mark(view, "device");
    if (open) {
        if (ImGui::Selectable("The best there is", chosen.empty())) session.use_device("");
        for (const DeviceRow& row : session.devices()) {
            ImGui::PushID(row.index.c_str());
            const std::string label = row.name + (row.draws ? ", draws this window" : "");
            if (ImGui::Selectable(label.c_str(), row.index == chosen)) session.use_device(row.index);
            mark(view, "device." + row.index);
            ImGui::PopID();
        }
        ImGui::EndCombo();
    }
    const ModelFacts& facts = session.model().facts;
    if (!facts.kernels.empty()) wrapped_muted_text(view, facts.kernels.c_str());
    if (facts.draws_window) wrapped_muted_text(view, "It draws this window too.");
    if (const std::string& why = session.drawing_device().refusal; !why.empty())
        wrapped_muted_text(view, ("The device that draws this window runs no model: " + why).c_str());
}

void draw_custom(Sampling& sampling) {
    ImGui::SliderFloat("Temperature", &sampling.temperature, 0, 2, "%.2f");
    ImGui::SliderFloat("Top p", &sampling.top_p, 0, 1, "%.2f");
    int top_k = static_cast<int>(sampling.top_k);
    if (ImGui::SliderInt("Top k", &top_k, 0, 200, top_k == 0 ? "all" : "%d"))
        sampling.top_k = static_cast<uint32_t>(top_k);
    ImGui::SliderFloat("Presence", &sampling.presence, 0, 2, "%.2f");
    ImGui::SliderFloat("Frequency", &sampling.frequency, 0, 2, "%.2f");
}

void draw_sampling(View& view) {
    Sampling& sampling = view.session.settings.sampling;
    heading(view, "Answers");
    ImGui::PushItemWidth(view.px(field_width));
    if (ImGui::BeginCombo("Sampling", name_of(sampling.preset))) {
        for (const Preset preset : presets()) {
            if (ImGui::Selectable(name_of(preset), preset == sampling.preset)) sampling.preset = preset;
        }
        ImGui::EndCombo();
    }
    wrapped_muted_text(view, purpose_of(sampling.preset));
    if (sampling.preset == Preset::custom) draw_custom(sampling);
    int seed = static_cast<int>(std::min<uint64_t>(sampling.seed, INT32_MAX));
    if (ImGui::InputInt("Seed", &seed, 0)) sampling.seed = static_cast<uint64_t>(std::max(seed, 0));
    tooltip("0: every answer draws its own, which the report names");
    constexpr const char* ways[] = {"None", "Fast", "On", "A little", "A lot"};
    ImGui::Combo("Reasoning", &view.session.settings.thinking, ways, 5);
    tooltip("For models that can reason before they answer");
    int longest = static_cast<int>(view.session.settings.max_tokens);
    if (ImGui::InputInt("Longest answer", &longest, 0))
        view.session.settings.max_tokens = static_cast<uint32_t>(std::clamp(longest, 1, 1000000));
    ImGui::PopItemWidth();
}

void draw_system(View& view) {
    heading(view, "System text of this conversation");
    ImGui::InputTextMultiline("##system", &view.state.system, {-1, view.px(76)});
    mark(view, "system");
    if (ImGui::IsItemDeactivatedAfterEdit()) view.session.set_system(view.state.system);
}

void draw_looks(View& view) {
    Settings& settings = view.session.settings;
    heading(view, "Looks");
    const float half = (ImGui::GetContentRegionAvail().x - ImGui::GetStyle().ItemSpacing.x) / 2;
    const auto choice = [&](const char* name, const char* label, Theme theme) {
        const Look look = settings.theme == theme ? Look::primary : Look::plain;
        if (button(view, name, label, look, half)) settings.theme = theme;
    };
    choice("light", "Light", Theme::light);
    ImGui::SameLine();
    choice("dark", "Dark", Theme::dark);
    constexpr float sizes[] = {0.85f, 1, 1.2f, 1.45f};
    constexpr const char* names[] = {"Small", "Normal", "Large", "Very large"};
    int chosen = 0;
    while (chosen < 3 && sizes[chosen] < settings.text_scale - 0.01f) ++chosen;
    ImGui::SetNextItemWidth(view.px(field_width));
    if (ImGui::Combo("Text", &chosen, names, 4)) settings.text_scale = sizes[chosen];
}

}  // namespace

void draw_settings(View& view) {
    ImGui::AlignTextToFramePadding();
    ImGui::TextUnformatted("Settings");
    ImGui::SameLine(ImGui::GetWindowWidth() - button_width("Close") - ImGui::GetStyle().WindowPadding.x);
    if (button(view, "close", "Close", Look::quiet)) view.state.panel = Panel::none;
    ImGui::Separator();
    draw_model(view);
    draw_device(view);
    draw_sampling(view);
    draw_system(view);
    draw_looks(view);
    if (view.state.panel == Panel::none) view.session.save_settings();
}

}  // namespace rwkvk::desktop
