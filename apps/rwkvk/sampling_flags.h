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
    bool escape = false, ignore_end = false;

    /// What was given takes the place of what `recommended` says.
    rwkvk_sampler_params over(rwkvk_sampler_params recommended) const;

    struct Bias {
        Token token;
        float value;
    };
    /// "ID+VALUE", "ID-VALUE" or "ID-inf", of a vocabulary of so many, and what --ignore-eos bans.
    /// Errors: RWKVK_BAD_ARGUMENT.
    std::vector<Bias> parsed_biases(uint32_t vocabulary, int64_t end_of_text) const;
    /// The stop strings, told once if one of them looks as if -e were meant.
    std::vector<std::string> stop_texts() const;
};

/// Adds those that `over` takes.
void add_sampling_params(CLI::App& command, SamplingFlags& flags);
/// Adds all, and -e.
void add_sampling(CLI::App& command, SamplingFlags& flags);

}  // namespace rwkvk::app
