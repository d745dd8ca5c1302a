// The panel that compares the device with the CPU.
#include <cinttypes>
#include <cstdio>

#include "widgets.h"

namespace rwkvk::desktop {
namespace {

void cell(const char* text) {
    ImGui::TableNextColumn();
    ImGui::TextUnformatted(text);
}

void cell(uint64_t number) {
    char text[32];
    std::snprintf(text, sizeof text, "%" PRIu64, number);
    ImGui::TableNextColumn();
    ImGui::SetCursorPosX(ImGui::GetCursorPosX() +
                         std::max(0.0f, ImGui::GetContentRegionAvail().x - ImGui::CalcTextSize(text).x));
    ImGui::TextUnformatted(text);
}

constexpr ImGuiTableFlags table_flags =
    ImGuiTableFlags_RowBg | ImGuiTableFlags_BordersInnerH | ImGuiTableFlags_SizingStretchProp;

void draw_ops(const VerifyReport& report) {
    const bool where = !report.equal;
    if (!ImGui::BeginTable("ops", where ? 5 : 4, table_flags)) return;
    for (const char* name : {"Op", "Steps", "Values", "Differing"}) ImGui::TableSetupColumn(name);
    if (where) ImGui::TableSetupColumn("Where");
    ImGui::TableHeadersRow();
    for (const VerifyReport::Op& row : report.ops) {
        cell(row.op.c_str());
        cell(row.steps);
        cell(row.values);
        cell(row.differing);
        if (where) cell(row.where.c_str());
    }
    ImGui::EndTable();
}

void draw_runs(const VerifyReport& report) {
    if (!ImGui::BeginTable("runs", 3, table_flags)) return;
    for (const char* name : {"Whole programs", "Values", "Differing"}) ImGui::TableSetupColumn(name);
    ImGui::TableHeadersRow();
    for (const VerifyReport::Run& row : report.runs) {
        cell(row.name.c_str());
        cell(row.values);
        cell(row.differing);
    }
    ImGui::EndTable();
}

void draw_report(View& view, const VerifyReport& report) {
    ImGui::PushStyleColor(ImGuiCol_Text, report.equal ? view.palette.accent : view.palette.danger);
    ImGui::TextUnformatted(report.equal ? "Equal: every bit" : "NOT EQUAL: this device must not be trusted");
    ImGui::PopStyleColor();
    wrapped_muted_text(view, ("Device: " + report.device).c_str());
    wrapped_muted_text(view, ("Matrices by: " + report.matrix_kernel).c_str());
    wrapped_muted_text(
        view, ("Fingerprint: " + report.fingerprint + ", of the CPU " + report.fingerprint_cpu).c_str());
    ImGui::PushFont(small_font());
    draw_ops(report);
    ImGui::Dummy({0, view.px(6)});
    draw_runs(report);
    ImGui::PopFont();
    copy_button(view, "copyverify", "Copy the tables", [&] { return report.to_text(); });
}

}  // namespace

void draw_verify(View& view) {
    const VerifyState& state = view.session.verification();
    ImGui::AlignTextToFramePadding();
    ImGui::TextUnformatted("Verify");
    ImGui::SameLine(ImGui::GetWindowWidth() - button_width("Close") - ImGui::GetStyle().WindowPadding.x);
    if (button(view, "close", "Close", Look::quiet)) view.state.panel = Panel::none;
    ImGui::Separator();
    wrapped_muted_text(
        view,
        "Computes the same on the device and on the CPU: step by step, then whole programs in pieces "
        "and batches. Equal means equal in every bit.");
    const ModelState& model = view.session.model();
    const bool possible = model.ready && !model.facts.on_cpu && !state.running && !view.session.busy();
    if (button(view, "verifynow", state.running ? "Verifying…" : "Verify this device", Look::primary, 0,
               possible))
        view.session.verify();
    if (model.ready && model.facts.on_cpu)
        wrapped_muted_text(view,
                           "The model runs on the CPU, which is the reference itself. Choose a Vulkan device "
                           "in the settings to verify it.");
    if (state.running)
        wrapped_muted_text(view, "This takes seconds to minutes; the window can be used meanwhile.");
    if (!state.failure.empty()) {
        ImGui::PushStyleColor(ImGuiCol_Text, view.palette.danger);
        ImGui::TextWrapped("%s", state.failure.c_str());
        ImGui::PopStyleColor();
    }
    if (state.report) draw_report(view, *state.report);
}

}  // namespace rwkvk::desktop
