#include <algorithm>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "command.h"
#include "memory_watch.h"

namespace rwkvk::app {
namespace {

struct Flags {
    CommonFlags common;
    uint32_t prompt = 512, generate = 128, repeats = 5;
    std::vector<uint32_t> batches = {1};
    std::string format = "md";
};

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Row {
    std::string test;
    double tokens_per_second, spread;  // median, and half of the range between the quartiles
    double bytes_per_token, gb_per_second;
};

Row make_row(const std::string& test, std::vector<double> rates, double bytes_per_token) {
    std::sort(rates.begin(), rates.end());
    const double median = rates[rates.size() / 2];
    const double spread = (rates[rates.size() * 3 / 4] - rates[rates.size() / 4]) / 2;
    return {test, median, spread, bytes_per_token, median * bytes_per_token * 1e-9};
}

/// Tokens without meaning: speed does not depend on them.
std::vector<Token> some_tokens(uint32_t count, uint32_t vocabulary) {
    std::vector<Token> tokens(count);
    for (uint32_t i = 0; i < count; ++i)
        tokens[i] = static_cast<Token>((uint64_t{i} * 7919 + 13) % vocabulary);
    return tokens;
}

double prefill_rate(Context& context, const std::vector<Token>& tokens) {
    context.reset(0);
    const auto start = Clock::now();
    context.eval(0, tokens);
    return static_cast<double>(tokens.size()) / seconds_since(start);
}

double decode_rate(Context& context, const std::vector<Token>& tokens, uint32_t batch) {
    for (uint32_t slot = 0; slot < batch; ++slot) context.reset(slot);
    const auto start = Clock::now();
    for (const Token& token : tokens) {
        std::vector<rwkvk_feed_item> items;
        for (uint32_t slot = 0; slot < batch; ++slot)
            items.push_back(
                {.slot = slot, .want = RWKVK_WANT_LAST, .tokens = &token, .count = 1, .vectors = nullptr});
        context.feed(items, [](size_t, size_t, const float*, size_t) {});
    }
    return static_cast<double>(tokens.size() * batch) / seconds_since(start);
}

struct Report {
    std::string model;
    rwkvk_bench_facts facts{};
    double load_seconds = 0;
    uint64_t peak_bytes = 0, needed_bytes = 0;
    std::vector<Row> rows;
};

void measure_rows(const Flags& flags, const Model& model, Context& context, Report& report) {
    const uint32_t vocabulary = model.info().vocabulary;
    const auto repeat = [&](const std::string& test, double bytes, const std::function<double()>& once) {
        once();  // warm-up: compilers, caches, clocks
        std::vector<double> rates;
        for (uint32_t i = 0; i < flags.repeats; ++i) rates.push_back(once());
        report.rows.push_back(make_row(test, rates, bytes));
    };
    if (flags.prompt > 0) {
        const std::vector<Token> tokens = some_tokens(flags.prompt, vocabulary);
        repeat(concat("pp", flags.prompt), 0, [&] { return prefill_rate(context, tokens); });
    }
    for (const uint32_t batch : flags.batches) {
        if (flags.generate == 0) continue;
        const std::vector<Token> tokens = some_tokens(flags.generate, vocabulary);
        repeat(concat("tg", flags.generate, batch > 1 ? concat("@b", batch) : ""),
               rwkvk_tools_bytes_per_token(model.handle(), batch),
               [&] { return decode_rate(context, tokens, batch); });
    }
}

Report measure(const Flags& flags) {
    const MemoryWatch memory;
    const Runtime runtime = open_runtime(flags.common);
    const Model model = open_model(runtime, flags.common);
    const rwkvk_model_info info = model.info();
    const uint32_t slots = *std::max_element(flags.batches.begin(), flags.batches.end());
    const auto start = Clock::now();
    Context context =
        open_context(model, flags.common,
                     {.max_rows = std::max(slots, std::clamp(flags.prompt, 1u, 128u)), .slots = slots});
    Report report;
    report.model = info.name;
    report.load_seconds = seconds_since(start);
    measure_rows(flags, model, context, report);
    report.facts.size = sizeof report.facts;
    runtime.check(rwkvk_tools_bench_facts(context.handle(), &report.facts));
    report.peak_bytes = memory.peak_bytes() + (report.facts.on_host ? 0 : report.facts.peak_device_bytes);
    report.needed_bytes = info.weight_bytes + info.state_elements * sizeof(float) * slots;
    check_validation(runtime);
    return report;
}

void print_json(const Report& report) {
    nlohmann::json rows = nlohmann::json::array();
    for (const Row& row : report.rows) {
        rows.push_back({{"test", row.test},
                        {"tokens_per_second", row.tokens_per_second},
                        {"spread", row.spread},
                        {"bytes_per_token", row.bytes_per_token},
                        {"gb_per_second", row.gb_per_second},
                        {"probe_fraction", nullptr}});
    }
    std::cout << nlohmann::json{{"device", report.facts.device},
                                {"driver", report.facts.driver},
                                {"commit", RWKVK_COMMIT},
                                {"math", "exact"},
                                {"model", report.model},
                                {"load_seconds", report.load_seconds},
                                {"peak_bytes", report.peak_bytes},
                                {"needed_bytes", report.needed_bytes},
                                {"dispatches_per_token", report.facts.dispatches_per_token},
                                {"probe_gb_per_second", nullptr},
                                {"rows", rows}}
                     .dump(2)
              << '\n';
}

void print_table(const Report& report, bool csv) {
    if (!csv) {
        std::cout << report.model << " on " << report.facts.device << (*report.facts.driver == 0 ? "" : ", ")
                  << report.facts.driver << ", exact, commit " << RWKVK_COMMIT << "\nload "
                  << std::setprecision(3) << report.load_seconds << " s, peak memory "
                  << report.peak_bytes / 1000000 << " MB for " << report.needed_bytes / 1000000
                  << " MB of weights and states, " << report.facts.dispatches_per_token
                  << " dispatches per token\n\n| test | tokens/s | ± | GB/s |\n|---|---|---|---|\n";
    } else {
        std::cout << "test,tokens_per_second,spread,gb_per_second\n";
    }
    std::cout << std::fixed << std::setprecision(2);
    for (const Row& row : report.rows) {
        if (csv) {
            std::cout << row.test << ',' << row.tokens_per_second << ',' << row.spread << ','
                      << row.gb_per_second << '\n';
        } else {
            std::cout << "| " << row.test << " | " << row.tokens_per_second << " | " << row.spread << " | "
                      << row.gb_per_second << " |\n";
        }
    }
}

void run(const Flags& flags) {
    const Report report = measure(flags);
    if (flags.format == "json") return print_json(report);
    print_table(report, flags.format == "csv");
}

}  // namespace

void add_bench(CLI::App& app) {
    CLI::App* command = app.add_subcommand("bench", "Speed and memory: medians of several runs");
    auto flags = std::make_shared<Flags>();
    add_common(*command, flags->common);
    command->add_option("-p,--prompt-tokens", flags->prompt, "Tokens of the prompt test; 0: none");
    command->add_option("-n,--generate-tokens", flags->generate, "Tokens of the generation test; 0: none");
    command->add_option("-b,--batch", flags->batches, "Sequences generated together: 1,8,64")
        ->delimiter(',')
        ->check(CLI::Range(1, 512));
    command->add_option("-r,--repeats", flags->repeats, "Runs, after one that is not counted")
        ->check(CLI::Range(1, 1000));
    command->add_option("-o,--output", flags->format, "md, json or csv")
        ->check(CLI::IsMember({"md", "json", "csv"}));
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
