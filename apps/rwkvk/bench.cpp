#include <algorithm>
#include <array>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bench_frames.h"
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
    FrameFlags frames;
    std::string format = "md";
};

struct Row {
    std::string test;
    double tokens_per_second, spread, bytes_per_token, gb_per_second, runs_per_token;
};

struct OpTime {
    std::string test, op;
    double calls_per_token, us_per_token, share, gb_per_second;
};

struct Report {
    std::string model;
    rwkvk_bench_summary summary{};
    rwkvk_probe probe{};
    double load_seconds = 0;
    uint64_t peak_bytes = 0, needed_bytes = 0;
    std::vector<Row> rows;
    std::vector<OpTime> ops;

    double fraction(const Row& row) const { return row.gb_per_second * 1e9 / probe.read_bytes; }
    /// Of what reading its bytes and the phases of its runs, one workgroup each, leave possible.
    double bound_fraction(const Row& row) const {
        const double phases = row.runs_per_token * summary.barriers_per_token;
        return row.tokens_per_second * (row.bytes_per_token / probe.read_bytes + phases * probe.phase);
    }
    /// Tests with a table of ops, in their order.
    std::vector<std::string> op_tests() const {
        std::vector<std::string> tests;
        for (const OpTime& op : ops) {
            if (tests.empty() || tests.back() != op.test) tests.push_back(op.test);
        }
        return tests;
    }
};

rwkvk_probe probe(const Runtime& runtime, const Flags& flags) {
    rwkvk_probe result{};
    result.size = sizeof result;
    runtime.check(
        rwkvk_tools_probe(runtime.handle(), flags.common.device.c_str(), flags.common.threads, &result));
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
                                                            row->bytes_per_token, row->gb_per_second,
                                                            row->runs_per_token});
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
    report.probe = probe(runtime, flags);  // last: its buffer is not the model's
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
                        {"probe_fraction", report.fraction(row)},
                        {"bound_fraction", report.bound_fraction(row)}});
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
                          {"probe_gb_per_second", report.probe.read_bytes * 1e-9},
                          {"phase_us", report.probe.phase * 1e6},
                          {"rows", rows}};
    if (!report.ops.empty()) all["ops"] = tables;
    std::cout << to_text(all) << '\n';
}

/// What was measured and where, then what it took beside.
std::array<std::string, 2> heading(const Report& report) {
    return {concat(report.model, " on ", report.summary.device, *report.summary.driver == 0 ? "" : ", ",
                   report.summary.driver, ", exact, commit ", RWKVK_COMMIT),
            concat(std::setprecision(3), "load ", report.load_seconds, " s, peak memory ",
                   report.peak_bytes / 1000000, " MB for ", report.needed_bytes / 1000000,
                   " MB of weights and states, ", report.summary.dispatches_per_token, " dispatches in ",
                   report.summary.barriers_per_token, " phases per token, reads ",
                   report.probe.read_bytes * 1e-9, " GB/s",
                   report.probe.phase > 0
                       ? concat(std::setprecision(3), ", a phase takes ", report.probe.phase * 1e6, " µs")
                       : "")};
}

void print_csv(const Report& report) {
    for (const std::string& line : heading(report)) std::cout << "# " << line << '\n';
    std::cout << "test,tokens_per_second,spread,bytes_per_token,gb_per_second,probe_fraction,bound_fraction\n"
              << std::fixed;
    for (const Row& row : report.rows) {
        std::cout << row.test << ',' << std::setprecision(2) << row.tokens_per_second << ',' << row.spread
                  << ',' << std::setprecision(0) << row.bytes_per_token << ',' << std::setprecision(3)
                  << row.gb_per_second << ',' << report.fraction(row) << ',' << report.bound_fraction(row)
                  << '\n';
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
    std::cout << "\n| test | tokens/s | ± | GB/s | % of probe | % of bound |\n|---|---|---|---|---|---|\n"
              << std::fixed;
    for (const Row& row : report.rows) {
        std::cout << "| " << row.test << " | " << std::setprecision(2) << row.tokens_per_second << " | "
                  << row.spread << " | " << row.gb_per_second << " | " << std::setprecision(0)
                  << 100 * report.fraction(row) << " | " << 100 * report.bound_fraction(row) << " |\n";
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

/// One of what the probe measured: its name in tables of data, and what is said of it.
struct ProbeLine {
    const char* name;
    double value;
    const char *unit, *meaning;
};

std::vector<ProbeLine> probe_lines(const rwkvk_probe& probe) {
    std::vector<ProbeLine> lines = {{"probe_gb_per_second", probe.read_bytes * 1e-9, "GB/s", "read"}};
    if (probe.phase == 0) return lines;
    for (const ProbeLine& line :
         {ProbeLine{"phase_us", probe.phase * 1e6, "µs", "a dispatch that waits for the one before"},
          ProbeLine{"wide_phase_us", probe.wide_phase * 1e6, "µs", "the same, of 1024 workgroups"},
          ProbeLine{"dispatch_us", probe.dispatch * 1e6, "µs", "a dispatch that waits for nothing"},
          ProbeLine{"round_trip_us", probe.round_trip * 1e6, "µs", "from submitting to knowing the end"},
          ProbeLine{"upload_gb_per_second", probe.upload_bytes * 1e-9, "GB/s", "upload"}})
        lines.push_back(line);
    return lines;
}

void print_probe(const rwkvk_probe& probe, const std::string& format) {
    const std::vector<ProbeLine> lines = probe_lines(probe);
    if (format == "json") {
        nlohmann::json all = {{"device", probe.device}};
        for (const ProbeLine& line : lines) all[line.name] = line.value;
        std::cout << to_text(all) << '\n';
    } else if (format == "csv") {
        std::cout << "device";
        for (const ProbeLine& line : lines) std::cout << ',' << line.name;
        std::cout << "\n\"" << probe.device << '"';
        for (const ProbeLine& line : lines) std::cout << ',' << line.value;
        std::cout << '\n';
    } else {
        std::cout << std::setprecision(3) << probe.device << " reads " << lines.front().value << " GB/s\n";
        for (size_t i = 1; i < lines.size(); ++i)
            std::cout << lines[i].meaning << ": " << lines[i].value << ' ' << lines[i].unit << '\n';
    }
}

void run(const Flags& flags) {
    if (flags.frames.frames > 0) return bench_frames(flags.common, flags.frames, flags.format);
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
    CLI::Option* probe =
        command->add_flag("--probe", flags->probe_only,
                          "Only what bounds every speed: memory, dispatches, waits; needs no model");
    CLI::Option* long_run = command
                                ->add_option("--long", flags->long_run,
                                             "Instead: speed and memory along so many tokens of one session")
                                ->excludes(probe);
    command
        ->add_option("--frames", flags->frames.frames,
                     "Instead: an engine in a game's loop, so many frames of each budget")
        ->check(CLI::Range(1, 1000000))
        ->excludes(probe)
        ->excludes(long_run);
    command->add_option("--budget-ms", flags->frames.budgets, "Of a frame: 1,2,4,8")
        ->delimiter(',')
        ->check(CLI::Range(0.001, 10000.0));
    command->add_option("-o,--output", flags->format, "md, json or csv")
        ->check(CLI::IsMember({"md", "json", "csv"}));
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
