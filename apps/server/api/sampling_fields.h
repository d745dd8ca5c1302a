#pragma once
// How an answer is drawn, as clients say it.

#include <memory>
#include <rwkvk_grammar.hpp>
#include <utility>
#include <vector>

#include "fields.h"

namespace rwkvk::server {

struct Sampling {
    rwkvk_sampler_params params;
    std::vector<std::pair<Token, float>> biases;
    std::shared_ptr<const Grammar> grammar = nullptr;  // null: none

    /// With another seed for each choice of a request.
    Sampler sampler(const Runtime& runtime, uint64_t choice) const;
};

/// What the fields say over `params`; a seed that neither they nor the server say is random. Errors:
/// ApiError.
Sampling read_sampling(const Fields& fields, const rwkvk_sampler_params& params, std::optional<uint64_t> seed,
                       const Tokenizer& tokenizer);

/// By the names of the fields.
nlohmann::json to_json(const rwkvk_sampler_params& params);

}  // namespace rwkvk::server
