#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/stopwatch.h"
#include "runtime/engine/request.h"
#include "runtime/session/answer.h"
#include "runtime/text/tokenizer.h"

namespace rwkvk::engine {

/// What std::bad_alloc becomes: there once an engine is, when nothing more can be made.
const Error& no_memory();

/// A request while it waits or is served: what has been read and drawn so far. Everything but the fields
/// below `slot` outlives the device.
struct Sequence {
    /// Errors: as AnswerText.
    Sequence(Request request, EventSink sink);

    /// The same from here on with other random numbers, as a request of its own that begins to wait.
    std::unique_ptr<Sequence> fork(uint64_t seed, EventSink to) const;

    size_t left() const { return tokens.size() - fed; }
    bool reads_prompt() const { return left() > 1 || drawn() == 0; }
    size_t drawn() const { return tokens.size() - prompt_tokens; }
    /// Tokens that can be fed together: to the next cut.
    size_t rows() const { return (cuts.empty() ? tokens.size() : cuts.front()) - fed; }
    bool is_at_cut() const { return !cuts.empty() && cuts.front() == fed; }
    /// Whether tokens of the prompt are left whose scores are wanted.
    bool scores_prompt() const { return request.scores_prompt && scored < prompt_tokens; }
    bool tells_hidden() const { return request.hidden != Want::nothing; }
    bool can_draw() const { return !end && left() == 0 && (!logits.empty() || tells_hidden()); }

    /// It has a slot, whose state holds so many tokens.
    void begin(size_t cached);
    /// The logits behind so many of its tokens, or the last one's hidden vector.
    void take_row(size_t position, std::span<const float> row);
    void was_fed(size_t rows);
    /// The slot does not hold its state any more.
    void lose();
    void fail(const Error& error) noexcept;

    /// Draws a token into `next`, or says in `failure` why there is none. Touches nothing that is shared.
    void draw() noexcept;
    /// Makes it part of the answer and says so.
    void take_drawn(const text::Tokenizer& tokenizer);
    void tell(const Event& event) const { sink(id, event); }
    /// The last that is told.
    void tell_done();

    uint64_t id = 0;
    Request request;  // but for its prompt
    EventSink sink;
    std::vector<Token> tokens;  // the prompt and what was drawn
    size_t prompt_tokens;
    size_t cached_tokens = 0;  // of the prompt
    size_t read_tokens = 0;    // of the prompt, as was told
    size_t scored = 1;         // likewise, where that is wanted
    size_t shown = 0;          // likewise of hidden vectors
    AnswerText text;
    std::optional<End> end;  // why it is over
    std::optional<Error> failure;
    bool started = false, is_over = false;
    // A step in which it took part failed: whose fault that was shows when it is fed alone.
    bool alone = false;
    Stopwatch watch;
    double placed_at = 0, answered_at = 0;  // seconds

    uint32_t slot = 0;
    bool lost = true;                         // the slot does not hold its state yet, or any more
    size_t fed = 0;                           // tokens that are in the state
    std::vector<size_t> cuts;                 // of the prompt, beyond `fed`, rising: where the state is kept
    std::vector<float> logits;                // of the last token, once it is fed
    std::optional<Token> next;                // drawn, not yet part of the answer
    std::optional<Score> next_score;          // where it is wanted
    std::shared_ptr<const SavedState> state;  // as it was left, where that was wanted
};

}  // namespace rwkvk::engine
