#include "runtime/check/verify.h"

#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/rwkvk/command.h"
#include "runtime/model/fingerprint.h"

namespace rwkvk::app {
namespace {

struct Flags {
    CommonFlags common;
    check::VerifyOptions options;
    bool json = false;
};

nlohmann::json to_json(const check::VerifyReport& report, const std::string& device) {
    nlohmann::json ops = nlohmann::json::array(), runs = nlohmann::json::array();
    for (const auto& row : report.ops) {
        ops.push_back({{"op", info(row.op).name},
                       {"steps", row.steps},
                       {"values", row.values},
                       {"differing", row.differing},
                       {"worst", row.worst},
                       {"where", row.where}});
    }
    for (const auto& row : report.runs)
        runs.push_back({{"run", row.name}, {"values", row.values}, {"differing", row.differing}});
    return {{"device", device},
            {"math", "exact"},
            {"ops", ops},
            {"runs", runs},
            {"dispatches", report.dispatches},
            {"fingerprint", report.fingerprint_device},
            {"fingerprint_cpu", report.fingerprint_cpu},
            {"numerics_version", numerics_version},
            {"equal", report.equal()}};
}

void print(const check::VerifyReport& report, const std::string& device) {
    std::cout << "device: " << device << "\n\n"
              << std::left << std::setw(12) << "op" << std::right << std::setw(8) << "steps" << std::setw(14)
              << "values" << std::setw(12) << "differing" << std::setw(14) << "worst"
              << "  where\n";
    for (const auto& row : report.ops) {
        std::cout << std::left << std::setw(12) << info(row.op).name << std::right << std::setw(8)
                  << row.steps << std::setw(14) << row.values << std::setw(12) << row.differing
                  << std::setw(14) << row.worst << "  " << row.where << '\n';
    }
    std::cout << '\n';
    for (const auto& row : report.runs) {
        std::cout << std::left << std::setw(30) << row.name << std::right << std::setw(10) << row.values
                  << " values" << std::setw(12) << row.differing << " differing\n";
    }
    std::cout << "\ndispatches on the device step by step: " << report.dispatches
              << "; on the CPU instead: 0\n"
              << "fingerprint " << report.fingerprint_device << " (cpu " << report.fingerprint_cpu
              << ", numerics " << numerics_version << ")\n"
              << (report.equal() ? "equal: every bit\n" : "NOT EQUAL\n");
}

void run(const Flags& flags) {
    if (is_cpu(flags.common.device))
        throw Error(Code::bad_argument, "verify compares a device with the CPU: give a device");
    const auto model = open_model(flags.common);
    OpenDevice device(flags.common.device, /*exact*/ false);  // a device that fails shall be shown where
    check::VerifyOptions options = flags.options;
    options.seed = flags.common.seed;
    options.threads = flags.common.threads;
    const check::VerifyReport report = check::verify(model, device.kernels(), options);
    const std::string name = device.device().facts().name;
    if (flags.json) {
        std::cout << to_json(report, name).dump(2) << '\n';
    } else {
        print(report, name);
    }
    device.check_validation();
    if (!report.equal()) throw Failed{};
}

}  // namespace

void add_verify(CLI::App& app) {
    CLI::App* command = app.add_subcommand(
        "verify", "Compare a device with the CPU reference: step by step, then whole programs");
    auto flags = std::make_shared<Flags>();
    add_common(*command, flags->common);
    command->add_option("--tokens", flags->options.tokens, "Length of the prompts")
        ->check(CLI::Range(1, 128));
    command
        ->add_option("--chunks", flags->options.chunks,
                     "Sizes of the pieces that prompts are fed in; 0: whole")
        ->delimiter(',');
    command->add_flag("--json", flags->json, "As JSON");
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
