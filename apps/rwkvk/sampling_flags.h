#pragma once
// The flags of sampling and of stopping, for every subcommand that generates.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "runtime/text/sampler.h"

namespace rwkvk::app {

struct SamplingFlags {
    text::SamplerParams params{.top_p = 0.85f};
    std::vector<std::string> biases;  // "ID+VALUE", "ID-VALUE", "ID-inf"
    std::vector<std::string> stop_strings;
};

/// Adds --temp, --top-p, --top-k, --min-p, --typical, the penalties, --sampler-order, --logit-bias, --stop.
void add_sampling(CLI::App& command, SamplingFlags& flags);

/// Errors: Code::bad_argument as text::Sampler, and for a bias of another form.
text::Sampler make_sampler(const SamplingFlags& flags, uint64_t seed);

}  // namespace rwkvk::app
