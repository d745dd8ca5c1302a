#include "verify_report.h"

#include <sstream>

namespace rwkvk::desktop {

std::string VerifyReport::to_text() const {
    std::ostringstream text;
    text << (equal ? "Equal: every bit" : "NOT EQUAL") << "\n\nDevice: " << device
         << "\nMatrices by: " << matrix_kernel << "\nFingerprint: " << fingerprint << " (CPU "
         << fingerprint_cpu << ", numerics " << rwkvk_numerics_version() << ")\nDispatches: " << dispatches
         << "\n\n| op | steps | values | differing | worst | where |\n|---|---|---|---|---|---|\n";
    for (const Op& row : ops) {
        text << "| " << row.op << " | " << row.steps << " | " << row.values << " | " << row.differing << " | "
             << row.worst << " | " << row.where << " |\n";
    }
    text << "\n| run | values | differing |\n|---|---|---|\n";
    for (const Run& row : runs)
        text << "| " << row.name << " | " << row.values << " | " << row.differing << " |\n";
    return text.str();
}

VerifyReport verify(const Model& model, const std::string& device) {
    rwkvk_verify_params params;
    rwkvk_verify_params_default(&params, sizeof params);
    params.device = device.c_str();
    VerifyReport report;
    const rwkvk_verify_sink sink{
        .user = &report,
        .op =
            [](void* user, const rwkvk_verify_op* row) {
                static_cast<VerifyReport*>(user)->ops.push_back(
                    {row->op, row->where, row->steps, row->values, row->differing, row->worst});
            },
        .run =
            [](void* user, const rwkvk_verify_run* row) {
                static_cast<VerifyReport*>(user)->runs.push_back({row->name, row->values, row->differing});
            }};
    rwkvk_verify_summary summary{};
    summary.size = sizeof summary;
    detail::check(model.runtime(), rwkvk_tools_verify(model.handle(), &params, &sink, &summary));
    report.device = summary.device;
    report.matrix_kernel = summary.matrix_kernel;
    report.fingerprint = summary.fingerprint;
    report.fingerprint_cpu = summary.fingerprint_cpu;
    report.dispatches = summary.dispatches;
    report.equal = summary.equal != 0;
    return report;
}

}  // namespace rwkvk::desktop
