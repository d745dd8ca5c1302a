#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "command.h"
#include "json_text.h"

namespace rwkvk::app {
namespace {

struct Flags {
    CommonFlags common;
    uint32_t tokens = 85;
    std::vector<uint32_t> chunks = {1, 7, 16, 0};
    bool json = false;
};

struct Report {
    struct Op {
        std::string op, where;
        uint64_t steps, values, differing;
        double worst;
    };
    struct Run {
        std::string name;
        uint64_t values, differing;
    };
    std::vector<Op> ops;
    std::vector<Run> runs;
    rwkvk_verify_summary summary{};
};

nlohmann::json to_json(const Report& report) {
    nlohmann::json ops = nlohmann::json::array(), runs = nlohmann::json::array();
    for (const auto& row : report.ops) {
        ops.push_back({{"op", row.op},
                       {"steps", row.steps},
                       {"values", row.values},
                       {"differing", row.differing},
                       {"worst", row.worst},
                       {"where", row.where}});
    }
    for (const auto& row : report.runs)
        runs.push_back({{"run", row.name}, {"values", row.values}, {"differing", row.differing}});
    return {{"device", report.summary.device},
            {"matrix_kernel", report.summary.matrix_kernel},
            {"math", "exact"},
            {"ops", ops},
            {"runs", runs},
            {"dispatches", report.summary.dispatches},
            {"fingerprint", report.summary.fingerprint},
            {"fingerprint_cpu", report.summary.fingerprint_cpu},
            {"numerics_version", rwkvk_numerics_version()},
            {"equal", report.summary.equal != 0}};
}

void print(const Report& report) {
    std::cout << "device: " << report.summary.device << "\nmatrices by " << report.summary.matrix_kernel
              << "\n\n"
              << std::left << std::setw(12) << "op" << std::right << std::setw(8) << "steps" << std::setw(14)
              << "values" << std::setw(12) << "differing" << std::setw(14) << "worst"
              << "  where\n";
    for (const auto& row : report.ops) {
        std::cout << std::left << std::setw(12) << row.op << std::right << std::setw(8) << row.steps
                  << std::setw(14) << row.values << std::setw(12) << row.differing << std::setw(14)
                  << row.worst << "  " << row.where << '\n';
    }
    std::cout << '\n';
    for (const auto& row : report.runs) {
        std::cout << std::left << std::setw(30) << row.name << std::right << std::setw(10) << row.values
                  << " values" << std::setw(12) << row.differing << " differing\n";
    }
    std::cout << "\ndispatches on the device step by step: " << report.summary.dispatches
              << "; on the CPU instead: 0\n"
              << "fingerprint " << report.summary.fingerprint << " (cpu " << report.summary.fingerprint_cpu
              << ", numerics " << rwkvk_numerics_version() << ")\n"
              << (report.summary.equal ? "equal: every bit\n" : "NOT EQUAL\n");
}

Report verify(const Runtime& runtime, const Model& model, const Flags& flags) {
    rwkvk_verify_params params;
    rwkvk_verify_params_default(&params, sizeof params);
    params.device = flags.common.device.c_str();
    params.tokens = flags.tokens;
    params.chunks = flags.chunks.data();
    params.chunk_count = flags.chunks.size();
    params.threads = flags.common.threads;
    params.seed = flags.common.seed;
    Report report;
    const rwkvk_verify_sink sink{
        .user = &report,
        .op =
            [](void* user, const rwkvk_verify_op* row) {
                static_cast<Report*>(user)->ops.push_back(
                    {row->op, row->where, row->steps, row->values, row->differing, row->worst});
            },
        .run =
            [](void* user, const rwkvk_verify_run* row) {
                static_cast<Report*>(user)->runs.push_back({row->name, row->values, row->differing});
            }};
    report.summary.size = sizeof report.summary;
    runtime.check(rwkvk_tools_verify(model.handle(), &params, &sink, &report.summary));
    return report;
}

void run(const Flags& flags) {
    const Runtime runtime = open_runtime(flags.common);
    const Model model = open_model(runtime, flags.common);
    const Report report = verify(runtime, model, flags);
    if (flags.json) {
        std::cout << to_text(to_json(report)) << '\n';
    } else {
        print(report);
    }
    check_validation(runtime);
    if (!report.summary.equal) throw Failed{};
}

}  // namespace

void add_verify(CLI::App& app) {
    CLI::App* command = app.add_subcommand(
        "verify", "Compare a device with the CPU reference: step by step, then whole programs");
    auto flags = std::make_shared<Flags>();
    add_common(*command, flags->common);
    command->add_option("--tokens", flags->tokens, "Length of the prompts")->check(CLI::Range(1, 128));
    command->add_option("--chunks", flags->chunks, "Sizes of the pieces that prompts are fed in; 0: whole")
        ->delimiter(',');
    command->add_flag("--json", flags->json, "As JSON");
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
