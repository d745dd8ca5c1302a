#include <iostream>
#include <nlohmann/json.hpp>

#include "command.h"
#include "json_text.h"

namespace rwkvk::app {
namespace {

struct Flags {
    CommonFlags common;
    bool json = false;
};

struct Report {
    bool json;
    nlohmann::json rows = nlohmann::json::array();
    size_t created = 0, failed = 0;
};

void add(Report& report, const rwkvk_kernel_row& row) {
    const bool failed = *row.failure != 0;
    ++(failed ? report.failed : report.created);
    if (report.json) {
        nlohmann::json statistics = nlohmann::json::object();
        for (size_t i = 0; i < row.statistic_count; ++i)
            statistics[row.statistics[i].name] = row.statistics[i].value;
        report.rows.push_back({{"kernel", row.kernel},
                               {"constants", row.constants},
                               {"failure", row.failure},
                               {"statistics", statistics}});
        return;
    }
    std::cout << row.kernel << " (" << row.constants << ")";
    for (size_t i = 0; i < row.statistic_count; ++i)
        std::cout << "  " << row.statistics[i].name << ' ' << row.statistics[i].value;
    std::cout << (failed ? concat("  FAILED: ", row.failure) : "") << '\n';
}

void run(const Flags& flags) {
    const Runtime runtime = open_runtime(flags.common);
    std::unique_ptr<Model> model;
    if (has_model(flags.common)) model = std::make_unique<Model>(open_model(runtime, flags.common));
    Report report{.json = flags.json};
    char name[256] = "";
    runtime.check(rwkvk_tools_kernels(
        runtime.handle(), flags.common.device.c_str(), model ? model->handle() : nullptr,
        [](void* user, const rwkvk_kernel_row* row) { add(*static_cast<Report*>(user), *row); }, &report,
        name, sizeof name));
    if (flags.json) {
        std::cout << to_text(report.rows) << '\n';
    } else {
        std::cout << name << ": " << report.created << " of " << report.created + report.failed
                  << " pipelines created\n";
    }
    check_validation(runtime);
    if (report.failed > 0) throw Failed{};
}

}  // namespace

void add_kernels(CLI::App& app) {
    CLI::App* command =
        app.add_subcommand("kernels", "Create every pipeline and show the driver's statistics; runs nothing");
    auto flags = std::make_shared<Flags>();
    add_common(*command, flags->common);
    command->add_flag("--json", flags->json, "As JSON");
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
