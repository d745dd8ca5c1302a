#pragma once
// What is told of an answer, and how dialects word it.

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "api_error.h"
#include "scored_token.h"
#include "tools.h"

namespace rwkvk::server {

struct Call {
    std::string id;
    ToolCall of;
};

/// An answer to a prompt, as far as it has come.
struct Choice {
    std::string text, reasoning;
    std::vector<Call> calls;  // behind the text
    std::vector<Token> tokens;
    // Where they are wanted: of the tokens that made the text, and of those that made the reasoning.
    std::vector<ScoredToken> scores, reasoning_scores;
    std::vector<ScoredToken> prompt_scores;  // from its second token on
    std::string finish;                      // "stop" or "length"; "" while it comes
    std::string stopped_by;                  // the text that the client wanted to end it; "": none
    uint64_t seed = 0, prompt_tokens = 0, cached_tokens = 0, answer_tokens = 0, reasoning_tokens = 0;
    double queued_seconds = 0, prompt_seconds = 0, answer_seconds = 0;

    /// Whether it ended to have tools called.
    bool calls_tools() const { return finish == "stop" && !calls.empty(); }
};

/// What has become certain of it since something was last said.
struct Said {
    std::string text, reasoning;
    std::vector<Token> tokens;  // drawn meanwhile
    std::vector<ScoredToken> scores = {}, reasoning_scores = {};
    size_t characters = 0;         // of the text that was said before
    std::vector<Call> calls = {};  // whole ones
    size_t calls_before = 0;       // that were said
};

/// How answers are worded; one of its own for each. Null stands for nothing to say, a list for several
/// messages.
class Dialect {
  public:
    virtual ~Dialect() = default;
    virtual nlohmann::json whole(const std::vector<Choice>& choices) = 0;
    // The same in pieces:
    virtual nlohmann::json opening(size_t choice, const Choice& so_far) = 0;
    virtual nlohmann::json progress(size_t choice, const Choice& so_far, size_t read) = 0;
    virtual nlohmann::json piece(size_t choice, const Choice& so_far, const Said& said) = 0;
    virtual nlohmann::json closing(size_t choice, const Choice& all) = 0;
    /// When all are closed.
    virtual nlohmann::json end(const std::vector<Choice>& choices) = 0;
    /// Before closing and end, or whole, of an answer that is kept: where, and whether it was.
    virtual void kept(const nlohmann::json&) {}
    virtual nlohmann::json error(const ApiError& error) const { return to_json(error); }
    virtual std::string framed(const nlohmann::json& message) const {
        return "data: " + to_text(message) + "\n\n";
    }
    virtual std::string last_words() const { return "data: [DONE]\n\n"; }
    virtual const char* stream_type() const { return "text/event-stream"; }
};

/// {"prompt_tokens": ...} of all choices, of which every `choices_per_prompt` share a prompt.
nlohmann::json usage_of(const std::vector<Choice>& choices, size_t choices_per_prompt);
/// {"seed", "fingerprint"}: by the same seed any server of this model gives this fingerprint, of the ids of
/// prompts and answers.
nlohmann::json own_words(const std::vector<std::vector<Token>>& prompts, const std::vector<Choice>& choices,
                         size_t choices_per_prompt);
/// How long it took, as llama-server says it.
nlohmann::json timings_of(const Choice& choice);
/// {"total": ...}: so much of the prompt is read, as llama-server says it.
nlohmann::json progress_of(const Choice& choice, size_t read);

}  // namespace rwkvk::server
