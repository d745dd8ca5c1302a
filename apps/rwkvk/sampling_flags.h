#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "command.h"

namespace rwkvk::app {

/// The sampling flags that generate and chat share.
struct SamplingFlags {
    std::optional<float> temperature, top_p, min_p, typical, presence, frequency, decay, repeat;
    std::optional<uint32_t> top_k;
    std::optional<std::string> order;
    std::vector<std::string> biases, stops;

    /// What was given takes the place of what `recommended` says.
    rwkvk_sampler_params over(rwkvk_sampler_params recommended) const;

    struct Bias {
        Token token;
        float value;
    };
    /// "ID+VALUE", "ID-VALUE" or "ID-inf". Errors: RWKVK_BAD_ARGUMENT.
    std::vector<Bias> parsed_biases() const;
};

void add_sampling(CLI::App& command, SamplingFlags& flags);

}  // namespace rwkvk::app
