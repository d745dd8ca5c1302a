#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "command.h"

namespace rwkvk::app {

/// The sampling flags that generate and chat share.
struct SamplingFlags {
    rwkvk_sampler_params params = sampler_params();
    std::vector<std::string> biases, stops;
    std::string order = "rwkv";

    /// Whether any flag of `command` that decides the distribution was given.
    bool given(const CLI::App& command) const;
    /// The parameters with the common seed. Errors: RWKVK_BAD_ARGUMENT.
    rwkvk_sampler_params with_seed(uint64_t seed) const;

    struct Bias {
        Token token;
        float value;
    };
    /// "ID+VALUE", "ID-VALUE" or "ID-inf". Errors: RWKVK_BAD_ARGUMENT.
    std::vector<Bias> parsed_biases() const;
};

void add_sampling(CLI::App& command, SamplingFlags& flags);

}  // namespace rwkvk::app
