#pragma once
// What a client asks for, whatever its dialect.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "loaded.h"
#include "sampling_fields.h"

namespace rwkvk::server {

constexpr int64_t most_alternatives = 20;  // of a token

/// What a server is told once, for all requests.
struct JobDefaults {
    uint32_t max_tokens = 32768;
    int32_t thinking = 1;            // RWKVK_THINK_*, for models that reason, where a request says nothing
    std::string template_name = {};  // "": the model's
    int32_t tool_form = RWKVK_TOOLS_OF_TEMPLATE;
    /// What is recommended, as the server wants it.
    std::function<rwkvk_sampler_params(const rwkvk_sampler_params&)> sampling = std::identity();
    std::optional<uint64_t> seed = {};  // none: a random one for each request
};

/// A conversation, or tokens to go on from.
struct JobPrompt {
    std::optional<Prompt> conversation;
    std::vector<Token> tokens;  // of either
};

struct Choice;

struct Job {
    std::vector<JobPrompt> prompts;
    uint32_t choices = 1;  // of each prompt
    Sampling sampling;
    uint32_t max_tokens = 0;
    std::vector<std::string> stops;
    std::string owner;  // who asks: the cache is shared by no others
    /// Tokens of the answer come with what the model gave them, and so many of the likeliest; none: without.
    std::optional<uint32_t> alternatives;
    bool scores_prompt = false;  // those of the prompt too
    bool reads_calls = false;    // of tools, in answers
    size_t fetched_tokens = 0;   // of the prompt, whose state was brought from the store
    bool stream = false, include_usage = false, times_pieces = false, reports_progress = false;
    /// Of a single choice, where it is kept: told how it ended, before the client is; then calls `go_on`,
    /// from any thread, with what is to be told of the keeping. Without `go_on` for a client that has left.
    std::function<void(const Choice& ended, std::function<void(const nlohmann::json& kept)> go_on)> keep;
};

/// The fields that all dialects share: n, stop, stream, what is told in streams, those of sampling and of
/// grammars. Errors: ApiError; rwkvk::Error for grammars and schemas.
Job read_job(const Fields& fields, const rwkvk_sampler_params& recommended, const Loaded& loaded,
             const JobDefaults& defaults);

/// The texts that end an answer, in a field of that name. Errors: ApiError.
std::vector<std::string> read_stops(const Fields& fields, const char* name);

/// Errors: ApiError, 501, for a field that asks for something, which the server cannot do.
void refuse_unknown_wishes(const Fields& fields, std::initializer_list<const char*> names);

}  // namespace rwkvk::server
