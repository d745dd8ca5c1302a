#include <algorithm>
#include <array>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bench_long.h"
#include "command.h"
#include "json_text.h"
#include "memory_watch.h"

namespace rwkvk::app {
namespace {

struct Flags {
    CommonFlags common;
    uint32_t prompt = 512, generate = 128, repeats = 5, long_run = 0;
    std::vector<uint32_t> batches = {1};
    bool per_op = false, probe_only = false;
    std::string format = "md";
};

struct Row {
    std::string test;
    double tokens_per_second, spread, bytes_per_token, gb_per_second;
};

struct OpTime {
    std::string test, op;
    double calls_per_token, us_per_token, share, gb_per_second;
};

struct Report {
    std::string model;
    rwkvk_bench_summary summary{};
    double load_seconds = 0, probe = 0;  // bytes per second
    uint64_t peak_bytes = 0, needed_bytes = 0;
    std::vector<Row> rows;
    std::vector<OpTime> ops;

    double fraction(double gb_per_second) const { return gb_per_second * 1e9 / probe; }
    /// Tests with a table of ops, in their order.
    std::vector<std::string> op_tests() const {
        std::vector<std::string> tests;
        for (const OpTime& op : ops) {
            if (tests.empty() || tests.back() != op.test) tests.push_back(op.test);
        }
        return tests;
    }
};

struct Probe {
    double bytes_per_second = 0;
    char device[256] = "";
};

Probe probe(const Runtime& runtime, const Flags& flags) {
    Probe result;
    runtime.check(rwkvk_tools_probe(runtime.handle(), flags.common.device.c_str(), flags.common.threads,
                                    &result.bytes_per_second, result.device, sizeof result.device));
    return result;
}

rwkvk_bench_params to_params(const Flags& flags) {
    rwkvk_bench_params params;
    rwkvk_bench_params_default(&params, sizeof params);
    params.prompt = flags.prompt;
    params.generate = flags.generate;
    params.batches = flags.batches.data();
    params.batch_count = flags.batches.size();
    params.repeats = flags.repeats;
    params.per_op = flags.per_op;
    return params;
}

void run_tests(const Runtime& runtime, Context& context, const rwkvk_bench_params& params, Report& report) {
    const rwkvk_bench_sink sink{
        .user = &report,
        .row =
            [](void* user, const rwkvk_bench_row* row) {
                static_cast<Report*>(user)->rows.push_back({row->test, row->tokens_per_second, row->spread,
                                                            row->bytes_per_token, row->gb_per_second});
            },
        .op =
            [](void* user, const rwkvk_bench_op* op) {
                static_cast<Report*>(user)->ops.push_back(
                    {op->test, op->op, op->calls_per_token, op->us_per_token, op->share, op->gb_per_second});
            }};
    report.summary.size = sizeof report.summary;
    runtime.check(rwkvk_tools_bench(context.handle(), &params, &sink, &report.summary));
}

Report measure(const Runtime& runtime, const Flags& flags) {
    const Model model = open_model(runtime, flags.common);
    const rwkvk_model_info info = model.info();
    const rwkvk_bench_params params = to_params(flags);
    ContextNeeds needs;
    rwkvk_bench_needs(&params, &needs.slots, &needs.max_rows);
    Report report;
    const std::string& weights = flags.common.weights;
    report.model = concat(info.name, weights.empty() ? "" : concat(" as ", weights));
    {
        const MemoryWatch memory;
        const auto start = std::chrono::steady_clock::now();
        Context context = open_context(model, flags.common, needs);
        report.load_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        run_tests(runtime, context, params, report);
        report.peak_bytes =
            memory.peak_bytes() + (report.summary.on_host ? 0 : report.summary.peak_device_bytes);
    }
    report.needed_bytes = info.weight_bytes + info.state_elements * sizeof(float) * needs.slots;
    report.probe = probe(runtime, flags).bytes_per_second;  // last: its buffer is not the model's
    return report;
}

void print_json(const Report& report) {
    nlohmann::json rows = nlohmann::json::array(), tables = nlohmann::json::object();
    for (const Row& row : report.rows) {
        rows.push_back({{"test", row.test},
                        {"tokens_per_second", row.tokens_per_second},
                        {"spread", row.spread},
                        {"bytes_per_token", row.bytes_per_token},
                        {"gb_per_second", row.gb_per_second},
                        {"probe_fraction", report.fraction(row.gb_per_second)}});
    }
    for (const OpTime& op : report.ops) {
        tables[op.test].push_back({{"op", op.op},
                                   {"calls_per_token", op.calls_per_token},
                                   {"us_per_token", op.us_per_token},
                                   {"share", op.share},
                                   {"gb_per_second", op.gb_per_second}});
    }
    nlohmann::json all = {{"device", report.summary.device},
                          {"driver", report.summary.driver},
                          {"commit", RWKVK_COMMIT},
                          {"math", "exact"},
                          {"model", report.model},
                          {"load_seconds", report.load_seconds},
                          {"peak_bytes", report.peak_bytes},
                          {"needed_bytes", report.needed_bytes},
                          {"dispatches_per_token", report.summary.dispatches_per_token},
                          {"barriers_per_token", report.summary.barriers_per_token},
                          {"probe_gb_per_second", report.probe * 1e-9},
                          {"rows", rows}};
    if (!report.ops.empty()) all["ops"] = tables;
    std::cout << to_text(all) << '\n';
}

/// What was measured and where, then what it took beside.
std::array<std::string, 2> heading(const Report& report) {
    return {
        concat(report.model, " on ", report.summary.device, *report.summary.driver == 0 ? "" : ", ",
               report.summary.driver, ", exact, commit ", RWKVK_COMMIT),
        concat(std::setprecision(3), "load ", report.load_seconds, " s, peak memory ",
               report.peak_bytes / 1000000, " MB for ", report.needed_bytes / 1000000,
               " MB of weights and states, ", report.summary.dispatches_per_token, " dispatches in ",
               report.summary.barriers_per_token, " phases per token, reads ", report.probe * 1e-9, " GB/s")};
}

void print_csv(const Report& report) {
    for (const std::string& line : heading(report)) std::cout << "# " << line << '\n';
    std::cout << "test,tokens_per_second,spread,bytes_per_token,gb_per_second,probe_fraction\n" << std::fixed;
    for (const Row& row : report.rows) {
        std::cout << row.test << ',' << std::setprecision(2) << row.tokens_per_second << ',' << row.spread
                  << ',' << std::setprecision(0) << row.bytes_per_token << ',' << std::setprecision(3)
                  << row.gb_per_second << ',' << report.fraction(row.gb_per_second) << '\n';
    }
    if (report.ops.empty()) return;
    std::cout << "\ntest,op,calls_per_token,us_per_token,share,gb_per_second\n";
    for (const OpTime& op : report.ops) {
        std::cout << op.test << ',' << op.op << ',' << op.calls_per_token << ',' << op.us_per_token << ','
                  << op.share << ',' << op.gb_per_second << '\n';
    }
}

void print_markdown(const Report& report) {
    for (const std::string& line : heading(report)) std::cout << line << '\n';
    std::cout << "\n| test | tokens/s | ± | GB/s | % of probe |\n|---|---|---|---|---|\n" << std::fixed;
    for (const Row& row : report.rows) {
        std::cout << "| " << row.test << " | " << std::setprecision(2) << row.tokens_per_second << " | "
                  << row.spread << " | " << row.gb_per_second << " | " << std::setprecision(0)
                  << 100 * report.fraction(row.gb_per_second) << " |\n";
    }
    for (const std::string& test : report.op_tests()) {
        std::cout << "\n| op, " << test
                  << " | calls per token | µs per token | % | GB/s |\n|---|---|---|---|---|\n";
        for (const OpTime& op : report.ops) {
            if (op.test != test) continue;
            std::cout << "| " << op.op << " | " << std::setprecision(2) << op.calls_per_token << " | "
                      << std::setprecision(1) << op.us_per_token << " | " << 100 * op.share << " | "
                      << std::setprecision(2) << op.gb_per_second << " |\n";
        }
    }
}

void print_probe(const Probe& probe, const std::string& format) {
    const double gb_per_second = probe.bytes_per_second * 1e-9;
    if (format == "json") {
        std::cout << to_text({{"device", probe.device}, {"probe_gb_per_second", gb_per_second}}) << '\n';
    } else if (format == "csv") {
        std::cout << "device,probe_gb_per_second\n\"" << probe.device << "\"," << gb_per_second << '\n';
    } else {
        std::cout << probe.device << " reads " << std::setprecision(3) << gb_per_second << " GB/s\n";
    }
}

void run(const Flags& flags) {
    if (flags.long_run > 0) return bench_long(flags.common, flags.long_run, flags.format);
    const Runtime runtime = open_runtime(flags.common);
    if (flags.probe_only) {
        print_probe(probe(runtime, flags), flags.format);
    } else {
        const Report report = measure(runtime, flags);
        if (flags.format == "json") {
            print_json(report);
        } else if (flags.format == "csv") {
            print_csv(report);
        } else {
            print_markdown(report);
        }
    }
    check_validation(runtime);
}

}  // namespace

void add_bench(CLI::App& app) {
    CLI::App* command = app.add_subcommand("bench", "Speed and memory: medians of several runs");
    auto flags = std::make_shared<Flags>();
    add_common(*command, flags->common);
    add_gpu_layers(*command, flags->common);
    command->add_option("-p,--prompt-tokens", flags->prompt, "Tokens of the prompt test; 0: none");
    command->add_option("-n,--generate-tokens", flags->generate, "Tokens of the generation test; 0: none");
    command->add_option("-b,--batch", flags->batches, "Sequences generated together: 1,8,64")
        ->delimiter(',')
        ->check(CLI::Range(1, 512));
    command->add_option("-r,--repeats", flags->repeats, "Runs, after one that is not counted")
        ->check(CLI::Range(1, 1000));
    command->add_flag("--per-op", flags->per_op, "Also the time that each op takes");
    CLI::Option* probe = command->add_flag("--probe", flags->probe_only,
                                           "Only how fast the device reads its memory; needs no model");
    command
        ->add_option("--long", flags->long_run,
                     "Instead: speed and memory along so many tokens of one session")
        ->excludes(probe);
    command->add_option("-o,--output", flags->format, "md, json or csv")
        ->check(CLI::IsMember({"md", "json", "csv"}));
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
