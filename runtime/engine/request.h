#pragma once
// What an engine is asked for, and what it tells.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "host/error.h"
#include "runtime/session/context.h"
#include "runtime/session/state_file.h"
#include "runtime/text/log_probabilities.h"
#include "runtime/text/sampler.h"
#include "runtime/text/think_splitter.h"

namespace rwkvk::engine {

/// Tokens to go on from, and how.
struct Request {
    std::vector<Token> prompt;  // one or more
    /// So many of the prompt's first tokens have a state that others will go on from; none: all of them.
    std::vector<size_t> keep = {};
    text::Sampler sampler{text::SamplerParams{}};
    uint32_t limit = 2048;                // tokens of the answer at most; 0: the prompt is read
    std::vector<Token> ends = {};         // tokens that end it
    std::vector<std::string> stops = {};  // texts that do
    text::ReplyStart start = text::ReplyStart::verbatim;
    std::string owner = {};                       // owners are served alike
    std::string domain = {};                      // states are shared within one
    std::shared_ptr<const SavedState> from = {};  // that the prompt goes on from; null: as sequences begin
    bool wants_state = false;                     // at its end
    /// Tokens of the answer are told with their scores, and so many likelier ones with theirs; none: without.
    std::optional<uint32_t> alternatives = {};
    bool scores_prompt = false;  // likewise its tokens: then all of it is read
    /// Tokens of the prompt whose hidden vectors are told in place of an answer: then all of it is read, and
    /// no state of it is kept.
    Want hidden = Want::nothing;
};

/// Errors: Code::bad_argument, Code::bad_shape for what `model` cannot serve; Code::bad_token.
void require_servable(const Request& request, const Model& model);

/// Errors: Code::bad_shape for a state that is none of `model`.
void require_size(const SavedState& state, const Model& model);

/// Rising, beyond `fed`: behind how many tokens of a prompt the state is kept, of which a state holds the
/// first `fed` ones and others had the first `known`.
std::vector<size_t> cuts_of(const Request& request, size_t prompt_tokens, size_t fed, size_t known);

enum class End { stop, length, cancelled, failed };

/// The prompt begins to be read, of which a kept state holds so many tokens.
struct Started {
    size_t prompt_tokens, cached_tokens;
};
/// So much of the prompt is read.
struct Progress {
    size_t done, total;
};
/// What the model gave a token where it stands, and the likeliest in its place.
struct Score {
    float log_probability;
    std::vector<text::TokenScore> highest;
};
/// A token of the prompt, of which the first has no score.
struct PromptScore {
    size_t position, total;
    Token token;
    Score score;
};
/// What the head would be multiplied with at a token of the prompt, [width].
struct Hidden {
    size_t position, total;
    std::vector<float> vector;
};
/// A token of the answer, and the text that it makes certain, which may be none.
struct Piece {
    Token token;
    std::string reasoning, answer;
    std::optional<Score> score = {};
};
/// The last that is told. What was held back of the text comes with it.
struct Done {
    End end;
    std::string reasoning = {}, answer = {};
    Code code = Code::cancelled;                              // where it failed
    std::string message = {};                                 // likewise
    size_t prompt_tokens = 0, cached_tokens = 0, tokens = 0;  // tokens: of the answer, without what ended it
    double queued_seconds = 0, prompt_seconds = 0, answer_seconds = 0;
    std::shared_ptr<const SavedState> state = {};  // where it was wanted and there is one
};

using Event = std::variant<Started, Progress, PromptScore, Hidden, Piece, Done>;
using EventSink = std::function<void(uint64_t id, const Event&)>;

}  // namespace rwkvk::engine
