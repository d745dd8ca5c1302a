#pragma once
// Many requests on one context, served together: each step feeds a token of every answer and pieces of
// prompts. What a request gives depends on nothing but itself, since neither what is fed together nor how it
// is cut changes a bit.

#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "host/thread_pool.h"
#include "runtime/engine/fair_queue.h"
#include "runtime/engine/request.h"
#include "runtime/engine/row_cost.h"
#include "runtime/engine/sequence.h"
#include "runtime/engine/state_cache.h"
#include "runtime/engine/step_time.h"
#include "runtime/session/feed_run.h"

namespace rwkvk::engine {

struct EngineOptions {
    uint32_t queue = 64;                       // requests that wait at most
    double step_seconds = 0.05;                // that a step which reads prompts takes, about
    uint64_t cache_bytes = uint64_t{1} << 30;  // of host memory for states to go on from
    uint32_t threads = 0;                      // that draw tokens; 0: one per usable processor
};

struct EngineStatistics {
    size_t running = 0, waiting = 0;
    size_t kept_states = 0;
    uint64_t kept_bytes = 0;
    uint64_t steps = 0, rows = 0;  // so far, as everything below
    uint64_t prompt_tokens = 0, cached_tokens = 0, answer_tokens = 0;
    uint64_t finished = 0, failed = 0;
    uint64_t rebuilds = 0;      // of the context, after its device was lost
    uint64_t device_bytes = 0;  // of the device's memory, now
};

/// Makes the context that requests are served on: with the engine, and again after its device was lost.
using ContextMaker = std::function<std::shared_ptr<Context>()>;

/// Rows that are fed together, on their way through the context.
struct Round {
    std::vector<Sequence*> fed;
    std::vector<size_t> rows;
    size_t all_rows = 0;
    double seconds = 0;
    std::optional<FeedRun> run;
};

/// `submit`, `fork`, `cancel`, `cached`, `keep`, `statistics` may be called from every thread, and from where
/// events are told; `step` and `run` from one at a time, which tells the events of a step at its end.
class Engine {
  public:
    Engine(std::shared_ptr<const Model> model, std::shared_ptr<const text::Tokenizer> tokenizer,
           ContextMaker make, const EngineOptions& options);
    /// Tells what is not done yet that it is cancelled.
    ~Engine();

    /// Returns the request's number. Errors: Code::bad_argument for what cannot be served; Code::bad_token;
    /// Code::busy when as many wait as may.
    uint64_t submit(Request request, EventSink sink);
    /// A request of its own that goes on from where the other is when the next step begins, with other random
    /// numbers. Of one that is over by then, or unknown, it is told Code::bad_argument.
    uint64_t fork(uint64_t id, uint64_t seed, EventSink sink);
    /// Ends it at the next step. Nothing for one that is over.
    void cancel(uint64_t id);

    /// So many of these first tokens would not have to be read. Counts as a use of them.
    size_t cached(const std::string& domain, std::span<const Token> tokens);
    /// As though its tokens had been read, from nothing on. Errors: Code::bad_argument where they are not
    /// known; Code::bad_shape.
    void keep(const std::string& domain, const SavedState& state);

    /// Serves the requests for so long, by what can be foreseen, but at least a piece of a row: it stops in
    /// the middle of a row and goes on from there. Without `seconds`: one row of every answer, and of prompts
    /// what fits into step_seconds. Returns whether there is more to do.
    bool step(std::optional<double> seconds = std::nullopt);
    /// Steps until it is asked to stop, asleep while there is nothing to do.
    void run(std::stop_token stop);

    EngineStatistics statistics() const;

  private:
    using SequencePointer = std::unique_ptr<Sequence>;
    struct Fork {
        uint64_t of, id, seed;
        EventSink sink;
    };

    void require_room() const;
    void take_in();
    Sequence* find(uint64_t id);
    SequencePointer forked_now(const Fork& fork);
    void let_wait(SequencePointer& sequence);
    void admit();
    bool serve(StepTime& time);
    std::vector<Sequence*> whose_turn() const;
    void restore(Sequence& sequence);
    uint32_t room(std::span<Sequence* const> sequences, const StepTime& time) const;
    void begin_round(const StepTime& time);
    bool go_on(StepTime& time);
    void blame(const Error& error);
    void end_round();
    void count(const Sequence& sequence, size_t rows);
    void keep_state(Sequence& sequence);
    void leave_state(Sequence& sequence);
    bool is_under_way(const Sequence& sequence) const;
    std::vector<Sequence*> ready() const;
    void draw(std::span<Sequence* const> ready);
    void finish();
    void over(Sequence& sequence);
    template <typename Body>
    void guarded(const Body& body);
    void recover(const Error& error);
    bool make_context();
    void fail_all(const Error& error) noexcept;
    void publish();
    EventSink into_outbox(EventSink sink);

    const std::shared_ptr<const Model> model_;
    const std::shared_ptr<const text::Tokenizer> tokenizer_;
    const ContextMaker make_;
    const EngineOptions options_;
    std::shared_ptr<Context> context_;  // null where it could not be made again
    std::vector<uint32_t> free_slots_;
    ThreadPool pool_;
    StateCache cache_;
    RowCost cost_, draw_cost_;
    std::list<SequencePointer> arriving_;  // to be taken in, as the forks
    std::list<Fork> arriving_forks_;
    FairQueue queue_;
    std::map<uint64_t, SequencePointer> waiting_;
    std::vector<SequencePointer> running_;
    std::optional<Round> round_;  // between steps: one that stopped half-way
    size_t first_ = 0;            // of the running ones, when not all can be fed
    uint32_t failures_ = 0;       // since a step was done
    std::vector<std::function<void()>> outbox_;
    EngineStatistics counts_;

    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable_any changed_;
    uint64_t last_id_ = 0;
    size_t queued_ = 0;  // submitted and not being served
    std::list<SequencePointer> submitted_;
    std::list<Fork> forks_;
    std::vector<uint64_t> cancelled_;
    EngineStatistics published_;
};

}  // namespace rwkvk::engine
