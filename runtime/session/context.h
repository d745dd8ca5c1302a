#pragma once
// Feeding tokens to a model on a backend, many sequences at a time, and reading logits and states.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/graph/backend.h"
#include "runtime/model/model.h"

namespace rwkvk {

using Token = uint32_t;

/// Which rows' results are asked for.
enum class Want { nothing, last, all };

/// Tokens for one state slot. A slot appears at most once per call.
struct Feed {
    uint32_t slot = 0;
    std::span<const Token> tokens;
    Want want = Want::last;
    bool hidden = false;  // not logits but the vectors that the head is multiplied with
    /// Where not empty, [tokens.size(), width] vectors; a row whose token is NONE takes its vector.
    std::span<const float> vectors;
};

/// Called once per wanted row: which feed, which position in it, the logits [vocabulary] or the hidden vector
/// [width].
using LogitsSink = std::function<void(size_t feed, size_t position, std::span<const float> logits)>;

/// One backend and its state slots. Calls are serialised by the caller.
class Context {
  public:
    Context(std::shared_ptr<const Model> model, std::unique_ptr<Backend> backend);

    const Model& model() const { return *model_; }
    Backend& backend() { return *backend_; }

    /// Feeds tokens and advances the slots, in runs of at most `chunk` rows per sequence and as many rows
    /// together as the backend takes. Neither changes a bit in exact mode.
    /// Errors: Code::bad_token for ids outside the vocabulary, before anything is run; Code::bad_argument for
    /// a slot that does not exist or appears twice; Code::not_finite when logits hold NaN or infinity;
    /// Code::cancelled after `interrupt`. After the last two the slots' states are undefined.
    void feed(std::span<const Feed> feeds, const LogitsSink& sink, uint32_t chunk = 512);
    /// One sequence, logits of the last token.
    std::vector<float> feed(uint32_t slot, std::span<const Token> tokens, uint32_t chunk = 512);
    /// The same where it must not end half-way: an interrupt waits for `take_interrupt`.
    std::vector<float> feed_whole(uint32_t slot, std::span<const Token> tokens, Want want = Want::last);

    /// Waits until all that was fed is computed, which a feed that wants no logits may only begin.
    void finish();

    /// Told how many of a feed's tokens have been run: before the first run, and after each. May interrupt.
    using Progress = std::function<void(size_t done, size_t total)>;
    void on_progress(Progress progress) { progress_ = std::move(progress); }

    /// Makes the feed that is going on, or else the next one, stop between two runs. From any thread or
    /// signal handler.
    void interrupt() { interrupted_ = true; }
    /// Takes an interrupt back that no feed has seen, and says whether there was one.
    bool take_interrupt() { return interrupted_.exchange(false); }

    /// To the state before the first token, as every slot begins: the model's own, or that of set_initial.
    void reset(uint32_t slot);
    /// From now on slots begin with these values, laid out as `state` gives them; empty: the model's own.
    /// Resets all slots. `from`: the file that they come from. Errors: Code::bad_shape.
    void set_initial(std::vector<float> values, std::string from = "");
    const std::vector<float>& initial() const { return initial_; }
    const std::string& initial_from() const { return initial_from_; }
    /// On the device.
    void copy(uint32_t from, uint32_t to);
    /// All state tensors of a slot, one after the other in the order and layout of the version's state table.
    std::vector<float> state(uint32_t slot);
    void set_state(uint32_t slot, std::span<const float> values);

  private:
    friend class FeedRun;
    friend class Generation;
    void check_slot(uint32_t slot) const;
    void check_elements(std::span<const float> values) const;
    void check(std::span<const Feed> feeds) const;
    /// Which of the slot's two entries of shifts is current; the other one is, once a run is done.
    uint32_t current_shift(uint32_t slot) const { return 2 * slot + parity_[slot]; }
    void advance_shift(uint32_t slot) { parity_[slot] ^= 1; }
    uint32_t entry(const StateRequest& state, uint32_t slot) const;
    void copy_slot(uint32_t from, uint32_t to);

    std::shared_ptr<const Model> model_;
    std::unique_ptr<Backend> backend_;
    std::atomic<bool> interrupted_ = false;
    Progress progress_;
    std::vector<uint8_t> parity_;  // of each slot, spare ones too: which of its two shift entries is current
    std::vector<float> initial_;   // as set_initial says; empty: every element as its state tensor says
    std::string initial_from_;
    std::vector<float> logits_;  // of a run: memory that stays, since new pages take longer than a copy
};

}  // namespace rwkvk
