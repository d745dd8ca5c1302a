#pragma once
// Speed of a model on a backend: medians of several runs after one that is not counted.

#include <string>
#include <vector>

#include "runtime/session/context.h"

namespace rwkvk::check {

struct BenchOptions {
    uint32_t prompt = 512, generate = 128;  // tokens; 0: not measured
    std::vector<uint32_t> batches = {1};    // sequences that generate together
    uint32_t repeats = 5;
};

struct BenchRow {
    std::string
        test;  // "pp512", "tg128", "tg128@b8"; "gen128": tokens that are also drawn; "eng128": by an engine
    double tokens_per_second, spread;  // median, and half of the range between the quartiles
    double bytes_per_token;            // that must be read and written
    double gb_per_second;
    double runs_per_token;  // of the whole model
};

/// Rows of one run that the tests need.
uint32_t rows_for(const BenchOptions& options);
/// State slots that the tests need.
uint32_t slots_for(const BenchOptions& options);

/// Errors: as Context::feed.
std::vector<BenchRow> bench(Context& context, const BenchOptions& options);

/// What the steps of one kind take; products by their shape.
struct OpTime {
    std::string op;  // "wkv7", "linear 3072x768"
    double calls_per_token, us_per_token;
    double share;          // of the sum over all ops
    double gb_per_second;  // of what its slots hold
};

/// Medians of `repeats` runs of `rows` tokens of one sequence and of the head for the last of them, slowest
/// first. The times are the device's where it has timestamps, else the host's, each step submitted alone.
std::vector<OpTime> time_ops(Context& context, uint32_t rows, uint32_t repeats);

/// Of one token with its logits; zero on the CPU.
RunStatistics work_per_token(Context& context);

}  // namespace rwkvk::check
