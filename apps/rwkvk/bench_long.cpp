#include "bench_long.h"

#include <algorithm>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <rwkvk_generate.hpp>
#include <vector>

#include "json_text.h"
#include "memory_watch.h"

namespace rwkvk::app {
namespace {

constexpr uint32_t parts = 50;

struct Part {
    uint32_t tokens;  // since the beginning
    double tokens_per_second;
    uint64_t host_bytes, device_bytes;  // those of a software device are on the host too
};

/// The end of a text is banned, so that it goes on.
std::vector<Part> measure(const Runtime& runtime, Context& context, const CommonFlags& flags,
                          uint32_t tokens) {
    rwkvk_sampler_params params = sampler_params();
    params.seed = flags.seed;
    Sampler sampler(runtime, params);
    sampler.bias(0, -INFINITY);
    std::vector<Part> result;
    const uint32_t part = std::max(tokens / parts, 1u);
    uint32_t done = 0, before = 0;
    const std::vector<float> logits = context.eval(0, {0});
    auto start = std::chrono::steady_clock::now();
    generate(context, 0, logits, sampler, {}, tokens, [&](Token) {
        if (++done < std::min(before + part, tokens)) return true;
        const auto now = std::chrono::steady_clock::now();
        const double seconds = std::chrono::duration<double>(now - start).count();
        result.push_back({done, (done - before) / seconds, own_bytes(), context.device_bytes()});
        before = done;
        start = now;
        return true;
    });
    return result;
}

void print_json(const std::string& device, const std::vector<Part>& list) {
    nlohmann::json rows = nlohmann::json::array();
    for (const Part& part : list) {
        rows.push_back({{"tokens", part.tokens},
                        {"tokens_per_second", part.tokens_per_second},
                        {"host_bytes", part.host_bytes},
                        {"device_bytes", part.device_bytes}});
    }
    std::cout << to_text({{"device", device}, {"commit", RWKVK_COMMIT}, {"rows", rows}}) << '\n';
}

double megabytes(uint64_t bytes) { return static_cast<double>(bytes) * 1e-6; }

void print_table(const std::vector<Part>& list, bool markdown) {
    const char *begin = markdown ? "| " : "", *comma = markdown ? " | " : ",",
               *end = markdown ? " |\n" : "\n";
    std::cout << begin << "tokens" << comma << "tokens/s" << comma << "host MB" << comma << "device MB"
              << end;
    if (markdown) std::cout << "|---|---|---|---|\n";
    for (const Part& part : list) {
        std::cout << std::fixed << std::setprecision(1) << begin << part.tokens << comma
                  << part.tokens_per_second << comma << megabytes(part.host_bytes) << comma
                  << megabytes(part.device_bytes) << end;
    }
}

}  // namespace

void bench_long(const CommonFlags& flags, uint32_t tokens, const std::string& format) {
    const Runtime runtime = open_runtime(flags);
    const Model model = open_model(runtime, flags);
    Context context = open_context(model, flags, {});
    const std::vector<Part> list = measure(runtime, context, flags, tokens);
    if (format == "json") {
        print_json(context.device(), list);
    } else {
        print_table(list, format == "md");
    }
    check_validation(runtime);
}

}  // namespace rwkvk::app
