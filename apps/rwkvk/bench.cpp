#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/rwkvk/command.h"
#include "apps/rwkvk/memory_watch.h"
#include "host/stopwatch.h"
#include "runtime/check/bench.h"
#include "runtime/check/probe.h"

namespace rwkvk::app {
namespace {

struct Flags {
    CommonFlags common;
    check::BenchOptions bench;
    bool per_op = false, probe_only = false;
    std::string format = "md";
};

/// Where the time of one test goes.
struct OpTable {
    std::string test;
    std::vector<check::OpTime> ops;
};

struct Report {
    std::string device, driver, model;
    double load_seconds = 0, probe = 0;  // bytes per second
    uint64_t peak_bytes = 0, needed_bytes = 0;
    uint32_t dispatches_per_token = 0;
    std::vector<check::BenchRow> rows;
    std::vector<OpTable> ops;

    double fraction(double gb_per_second) const { return gb_per_second * 1e9 / probe; }
};

double probe_of(const Flags& flags, OpenDevice* device) {
    return device ? check::probe_device(device->kernels()) : check::probe_cpu(flags.common.threads);
}

Report measure(const Flags& flags) {
    const auto model = open_model(flags.common);
    const uint32_t slots = check::slots_for(flags.bench);
    Report report;
    const MemoryWatch memory;
    const Stopwatch watch;
    OpenContext open =
        open_context(model, flags.common, {.max_rows = check::rows_for(flags.bench), .slots = slots});
    Context& context = *open.context;
    report.load_seconds = watch.seconds();
    report.device = context.backend().description();
    report.driver = open.device ? open.device->device().facts().driver : "";
    report.model = model->name();
    report.rows = check::bench(context, flags.bench);
    report.dispatches_per_token = check::dispatches_per_token(context);
    const bool on_host = !open.device || open.device->device().facts().type == vk::DeviceType::software;
    report.peak_bytes = memory.peak_bytes() + (on_host ? 0 : context.backend().peak_device_bytes());
    report.needed_bytes = model->weight_bytes() + model->state_bytes() * slots;
    if (flags.per_op && flags.bench.prompt > 0) {
        const uint32_t rows = std::min(flags.bench.prompt, context.backend().options().max_rows);
        report.ops.push_back({concat("pp", rows), check::time_ops(context, rows, flags.bench.repeats)});
    }
    if (flags.per_op) report.ops.push_back({"tg", check::time_ops(context, 1, flags.bench.repeats)});
    report.probe = probe_of(flags, open.device.get());  // last: its buffer is not the model's
    if (open.device) open.device->check_validation();
    return report;
}

void print_json(const Report& report) {
    nlohmann::json rows = nlohmann::json::array(), tables = nlohmann::json::object();
    for (const check::BenchRow& row : report.rows) {
        rows.push_back({{"test", row.test},
                        {"tokens_per_second", row.tokens_per_second},
                        {"spread", row.spread},
                        {"bytes_per_token", row.bytes_per_token},
                        {"gb_per_second", row.gb_per_second},
                        {"probe_fraction", report.fraction(row.gb_per_second)}});
    }
    for (const OpTable& table : report.ops) {
        for (const check::OpTime& op : table.ops) {
            tables[table.test].push_back({{"op", op.op},
                                          {"calls_per_token", op.calls_per_token},
                                          {"us_per_token", op.us_per_token},
                                          {"share", op.share},
                                          {"gb_per_second", op.gb_per_second}});
        }
    }
    nlohmann::json all = {{"device", report.device},
                          {"driver", report.driver},
                          {"commit", RWKVK_COMMIT},
                          {"math", "exact"},
                          {"model", report.model},
                          {"load_seconds", report.load_seconds},
                          {"peak_bytes", report.peak_bytes},
                          {"needed_bytes", report.needed_bytes},
                          {"dispatches_per_token", report.dispatches_per_token},
                          {"probe_gb_per_second", report.probe * 1e-9},
                          {"rows", rows}};
    if (!report.ops.empty()) all["ops"] = tables;
    std::cout << all.dump(2) << '\n';
}

void print_csv(const Report& report) {
    std::cout << "test,tokens_per_second,spread,bytes_per_token,gb_per_second,probe_fraction\n" << std::fixed;
    for (const check::BenchRow& row : report.rows) {
        std::cout << row.test << ',' << std::setprecision(2) << row.tokens_per_second << ',' << row.spread
                  << ',' << std::setprecision(0) << row.bytes_per_token << ',' << std::setprecision(3)
                  << row.gb_per_second << ',' << report.fraction(row.gb_per_second) << '\n';
    }
    if (report.ops.empty()) return;
    std::cout << "\ntest,op,calls_per_token,us_per_token,share,gb_per_second\n";
    for (const OpTable& table : report.ops) {
        for (const check::OpTime& op : table.ops) {
            std::cout << table.test << ',' << op.op << ',' << op.calls_per_token << ',' << op.us_per_token
                      << ',' << op.share << ',' << op.gb_per_second << '\n';
        }
    }
}

void print_markdown(const Report& report) {
    std::cout << report.model << " on " << report.device << (report.driver.empty() ? "" : ", ")
              << report.driver << ", exact, commit " << RWKVK_COMMIT << "\nload " << std::setprecision(3)
              << report.load_seconds << " s, peak memory " << report.peak_bytes / 1000000 << " MB for "
              << report.needed_bytes / 1000000 << " MB of weights and states, " << report.dispatches_per_token
              << " dispatches per token, reads " << report.probe * 1e-9
              << " GB/s\n\n| test | tokens/s | ± | GB/s | % of probe |\n|---|---|---|---|---|\n"
              << std::fixed;
    for (const check::BenchRow& row : report.rows) {
        std::cout << "| " << row.test << " | " << std::setprecision(2) << row.tokens_per_second << " | "
                  << row.spread << " | " << row.gb_per_second << " | " << std::setprecision(0)
                  << 100 * report.fraction(row.gb_per_second) << " |\n";
    }
    for (const OpTable& table : report.ops) {
        std::cout << "\n| op, " << table.test
                  << " | calls per token | µs per token | % | GB/s |\n|---|---|---|---|---|\n";
        for (const check::OpTime& op : table.ops) {
            std::cout << "| " << op.op << " | " << std::setprecision(2) << op.calls_per_token << " | "
                      << std::setprecision(1) << op.us_per_token << " | " << 100 * op.share << " | "
                      << std::setprecision(2) << op.gb_per_second << " |\n";
        }
    }
}

void run_probe(const Flags& flags) {
    std::unique_ptr<OpenDevice> device;
    if (!wants_cpu(flags.common.device))
        device = std::make_unique<OpenDevice>(flags.common.device, /*exact*/ false);
    const std::string name = device ? device->device().facts().name : "cpu";
    const double probe = probe_of(flags, device.get());
    if (flags.format == "json") {
        std::cout << nlohmann::json{{"device", name}, {"probe_gb_per_second", probe * 1e-9}}.dump(2) << '\n';
    } else if (flags.format == "csv") {
        std::cout << "device,probe_gb_per_second\n\"" << name << "\"," << probe * 1e-9 << '\n';
    } else {
        std::cout << name << " reads " << std::setprecision(3) << probe * 1e-9 << " GB/s\n";
    }
    if (device) device->check_validation();
}

void run(const Flags& flags) {
    if (flags.probe_only) return run_probe(flags);
    const Report report = measure(flags);
    if (flags.format == "json") return print_json(report);
    if (flags.format == "csv") return print_csv(report);
    print_markdown(report);
}

}  // namespace

void add_bench(CLI::App& app) {
    CLI::App* command = app.add_subcommand("bench", "Speed and memory: medians of several runs");
    auto flags = std::make_shared<Flags>();
    add_common(*command, flags->common);
    command->add_option("-p,--prompt-tokens", flags->bench.prompt, "Tokens of the prompt test; 0: none");
    command->add_option("-n,--generate-tokens", flags->bench.generate,
                        "Tokens of the generation test; 0: none");
    command->add_option("-b,--batch", flags->bench.batches, "Sequences generated together: 1,8,64")
        ->delimiter(',')
        ->check(CLI::Range(1, 512));
    command->add_option("-r,--repeats", flags->bench.repeats, "Runs, after one that is not counted")
        ->check(CLI::Range(1, 1000));
    command->add_flag("--per-op", flags->per_op, "Also the time that each op takes");
    command->add_flag("--probe", flags->probe_only,
                      "Only how fast the device reads its memory; needs no model");
    command->add_option("-o,--output", flags->format, "md, json or csv")
        ->check(CLI::IsMember({"md", "json", "csv"}));
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
