#include "runtime/engine/engine.h"

#include <algorithm>
#include <utility>

#include "host/log.h"
#include "runtime/engine/row_shares.h"
#include "runtime/model/fingerprint.h"

namespace rwkvk::engine {
namespace {

constexpr uint32_t least_prompt_rows = 16;  // of a round that reads prompts
constexpr double steps_of_round = 2;        // that it takes, about, where steps have a time
constexpr uint64_t answer_cost = 8;         // of a token of an answer, as it counts for owners; of a prompt 1
constexpr uint32_t most_failures = 3;       // of devices, one after the other

/// States behind the same tokens differ where they go on from others.
std::string domain_of(const SavedState& from) {
    Fingerprint print;
    print.add(from.values);
    return std::string(1, '\0') + print.hex();
}

/// Of so many rows the results that are needed.
Want want_of(const Sequence& sequence, size_t rows) {
    if (sequence.scores_prompt() || sequence.request.hidden == Want::all) return Want::all;
    return rows == sequence.left() ? Want::last : Want::nothing;
}

bool is_of_device(Code code) { return code == Code::device_lost || code == Code::out_of_memory; }

}  // namespace

Engine::Engine(std::shared_ptr<const Model> model, std::shared_ptr<const text::Tokenizer> tokenizer,
               ContextMaker make, const EngineOptions& options)
    : model_(std::move(model)),
      tokenizer_(std::move(tokenizer)),
      make_(std::move(make)),
      options_(options),
      context_(make_()),
      pool_(options.threads),
      cache_(options.cache_bytes) {
    for (uint32_t slot = context_->backend().options().slots; slot > 0; --slot)
        free_slots_.push_back(slot - 1);
    running_.reserve(free_slots_.size());
    no_memory();
    publish();
}

Engine::~Engine() {
    const auto cancel_now = [](Sequence& sequence) {
        if (!sequence.end) sequence.end = End::cancelled;
        if (!sequence.is_over) sequence.tell_done();
    };
    try {
        for (const SequencePointer& sequence : running_) cancel_now(*sequence);
        for (const auto& [id, sequence] : waiting_) cancel_now(*sequence);
        arriving_.splice(arriving_.end(), submitted_);
        for (const SequencePointer& sequence : arriving_) cancel_now(*sequence);
        arriving_forks_.splice(arriving_forks_.end(), forks_);
        for (const Fork& fork : arriving_forks_) fork.sink(fork.id, Done{.end = End::cancelled});
    } catch (const std::bad_alloc&) {
        // Those that are left are not told.
    }
    publish();
}

EventSink Engine::into_outbox(EventSink sink) {
    return [this, sink = std::move(sink)](uint64_t id, const Event& event) {
        outbox_.push_back([sink, id, event] { sink(id, event); });
    };
}

/// With the lock held.
void Engine::require_room() const {
    if (queued_ >= options_.queue) {
        throw Error(Code::busy,
                    concat("as many requests wait as may, ", options_.queue, ": try again later"));
    }
}

uint64_t Engine::submit(Request request, EventSink sink) {
    require_servable(request, *model_);
    if (request.from) request.domain += domain_of(*request.from);
    auto sequence = std::make_unique<Sequence>(std::move(request), into_outbox(std::move(sink)));
    const std::lock_guard lock(mutex_);
    require_room();
    sequence->id = last_id_ + 1;
    submitted_.push_back(std::move(sequence));
    ++last_id_;
    ++queued_;
    changed_.notify_all();
    return last_id_;
}

uint64_t Engine::fork(uint64_t id, uint64_t seed, EventSink sink) {
    const std::lock_guard lock(mutex_);
    require_room();
    forks_.push_back({id, last_id_ + 1, seed, into_outbox(std::move(sink))});
    ++last_id_;
    ++queued_;
    changed_.notify_all();
    return last_id_;
}

void Engine::cancel(uint64_t id) {
    const std::lock_guard lock(mutex_);
    cancelled_.push_back(id);
    changed_.notify_all();
}

EngineStatistics Engine::statistics() const {
    const std::lock_guard lock(mutex_);
    return published_;
}

bool Engine::step(std::optional<double> seconds) {
    try {
        StepTime time(seconds);
        do {
            take_in();
            admit();
        } while (serve(time) && time.is_limited() && time.left() > 0);
        publish();
    } catch (const std::bad_alloc&) {
        fail_all(no_memory());  // which is told at the next step
    }
    const std::lock_guard lock(mutex_);
    return !running_.empty() || !outbox_.empty() || queued_ > 0 || !cancelled_.empty();
}

void Engine::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        if (step()) continue;
        std::unique_lock lock(mutex_);
        changed_.wait(lock, stop, [&] { return queued_ > 0 || !cancelled_.empty(); });
    }
}

/// What others asked for since the last step. What cannot be taken for want of memory waits for the next; a
/// fork waits until the state that it takes over is whole.
void Engine::take_in() {
    std::vector<uint64_t> cancelled;
    {
        const std::lock_guard lock(mutex_);
        arriving_.splice(arriving_.end(), submitted_);
        arriving_forks_.splice(arriving_forks_.end(), forks_);
        cancelled.swap(cancelled_);
    }
    while (!arriving_.empty()) {
        let_wait(arriving_.front());
        arriving_.pop_front();
    }
    while (!round_ && !arriving_forks_.empty()) {
        SequencePointer forked = forked_now(arriving_forks_.front());
        let_wait(forked);
        arriving_forks_.pop_front();
    }
    for (const uint64_t id : cancelled) {
        if (Sequence* const sequence = find(id)) sequence->end = End::cancelled;
    }
}

/// Takes the sequence, or throws and leaves it.
void Engine::let_wait(SequencePointer& sequence) {
    const auto at = waiting_.emplace(sequence->id, nullptr).first;
    try {
        queue_.push(sequence->request.owner, sequence->id);
    } catch (...) {
        waiting_.erase(at);
        throw;
    }
    at->second = std::move(sequence);
}

Sequence* Engine::find(uint64_t id) {
    if (const auto waits = waiting_.find(id); waits != waiting_.end()) return waits->second.get();
    const auto runs = std::ranges::find(running_, id, [](const SequencePointer& s) { return s->id; });
    return runs == running_.end() ? nullptr : runs->get();
}

Engine::SequencePointer Engine::forked_now(const Fork& fork) {
    Sequence* const of = find(fork.of);
    SequencePointer made;
    if (of && !of->end) {
        if (!of->lost && of->fed > 0) guarded([&] { keep_state(*of); });
        made = of->fork(fork.seed, fork.sink);
    } else {
        made = std::make_unique<Sequence>(Request{.prompt = {0}}, fork.sink);
        made->fail(Error(Code::bad_argument, concat("request ", fork.of, " is over, or there was none")));
    }
    made->id = fork.id;
    return made;
}

/// Gives free slots to those who wait, and lets those go who are over before they began.
void Engine::admit() {
    for (auto at = waiting_.begin(); at != waiting_.end();) {
        Sequence& sequence = *at->second;
        if (!sequence.end) {
            ++at;
            continue;
        }
        queue_.remove(sequence.id);
        over(sequence);
        at = waiting_.erase(at);
    }
    while (!free_slots_.empty()) {
        const std::optional<uint64_t> id = queue_.pop();
        if (!id) break;
        SequencePointer sequence = std::move(waiting_.extract(*id).mapped());
        sequence->slot = free_slots_.back();
        free_slots_.pop_back();
        running_.push_back(std::move(sequence));
    }
    const std::lock_guard lock(mutex_);
    queued_ = waiting_.size() + arriving_.size() + arriving_forks_.size() + submitted_.size() + forks_.size();
}

/// Feeds a row of every answer and pieces of prompts, and draws. Whether it came to that, and there is time
/// for more.
bool Engine::serve(StepTime& time) {
    if (running_.empty()) return false;
    bool done = false;
    if (context_ || make_context()) {
        guarded([&] {
            if (!round_ && ready().empty()) begin_round(time);
            done = !round_ || go_on(time);
        });
        const std::vector<Sequence*> sequences = ready();
        if (round_ || (!sequences.empty() && !time.allows(draw_cost_.seconds(sequences.size()))))
            done = false;
        if (done) draw(sequences);
    }
    finish();
    return done;
}

/// Those that are fed in this step; one whose fault it may have been that a step failed is fed alone.
std::vector<Sequence*> Engine::whose_turn() const {
    std::vector<Sequence*> sequences;
    for (const SequencePointer& sequence : running_) {
        if (sequence->end) continue;
        if (sequence->alone) return {sequence.get()};
        sequences.push_back(sequence.get());
    }
    return sequences;
}

/// Rows of a round. What goes row by row in one dispatch is not cut further, so where steps are short, rounds
/// are.
uint32_t Engine::room(std::span<Sequence* const> sequences, const StepTime& time) const {
    const uint32_t most = context_->backend().options().max_rows;
    const auto prompts =
        std::ranges::count_if(sequences, [](const Sequence* s) { return s->reads_prompt(); });
    const auto answers = static_cast<uint32_t>(sequences.size()) - static_cast<uint32_t>(prompts);
    if (prompts == 0) return std::min(answers, most);
    const double seconds =
        std::min(options_.step_seconds, steps_of_round * time.seconds().value_or(options_.step_seconds));
    const uint32_t least = time.is_limited() ? least_prompt_rows / 2 : least_prompt_rows;
    return std::min(most, std::max(cost_.rows_within(seconds, most, least), answers + least));
}

void Engine::begin_round(const StepTime& time) {
    const std::vector<Sequence*> sequences = whose_turn();
    for (Sequence* const sequence : sequences) {
        if (sequence->lost) restore(*sequence);
    }
    std::vector<Sequence*> hungry;  // a kept state may hold all of a prompt
    std::ranges::copy_if(sequences, std::back_inserter(hungry),
                         [](const Sequence* s) { return s->left() > 0; });
    if (hungry.empty()) return;
    std::vector<uint32_t> wanted;
    for (const Sequence* const sequence : hungry) wanted.push_back(static_cast<uint32_t>(sequence->rows()));
    const std::vector<uint32_t> rows = share_rows(wanted, room(hungry, time), first_);

    Round& round = round_.emplace();
    std::vector<Feed> feeds;
    for (size_t i = 0; i < hungry.size(); ++i) {
        Sequence& sequence = *hungry[i];
        if (rows[i] == 0) continue;
        feeds.push_back({.slot = sequence.slot,
                         .tokens = std::span(sequence.tokens).subspan(sequence.fed, rows[i]),
                         .want = want_of(sequence, rows[i]),
                         .hidden = sequence.tells_hidden(),
                         .vectors = {}});
        round.fed.push_back(&sequence);
        round.rows.push_back(rows[i]);
        round.all_rows += rows[i];
    }
    first_ = (first_ + round.fed.size()) % hungry.size();
    const auto take = [&round](size_t i, size_t position, std::span<const float> row) {
        Sequence& sequence = *round.fed[i];
        sequence.take_row(sequence.fed + position + 1, row);
    };
    round.run.emplace(*context_, std::move(feeds), take);
}

/// Whether the round came to its end. Errors: those of the device.
bool Engine::go_on(StepTime& time) {
    const Stopwatch watch;
    try {
        if (!time.is_limited()) {
            round_->run->run();
        } else if (!round_->run->go_on(time.left(), time.take_first())) {
            round_->seconds += watch.seconds();
            return false;
        }
        context_->finish();
    } catch (const Error& error) {
        if (is_of_device(error.code())) throw;
        blame(error);
        return false;
    }
    cost_.add(static_cast<uint32_t>(round_->all_rows), round_->seconds + watch.seconds());
    end_round();
    return true;
}

/// Whose fault it was that a round failed shows when each is fed alone.
void Engine::blame(const Error& error) {
    for (Sequence* const sequence : round_->fed) {
        sequence->lose();
        if (round_->fed.size() == 1) sequence->fail(error);
        sequence->alone = true;
    }
    round_.reset();
}

void Engine::end_round() {
    failures_ = 0;
    ++counts_.steps;
    counts_.rows += round_->all_rows;
    const std::vector<Sequence*> fed = std::move(round_->fed);
    const std::vector<size_t> rows = std::move(round_->rows);
    round_.reset();
    for (size_t i = 0; i < fed.size(); ++i) {
        if (fed[i]->is_over) continue;
        count(*fed[i], rows[i]);
        fed[i]->was_fed(rows[i]);
    }
    for (Sequence* const sequence : fed) {
        if (sequence->is_over || !sequence->is_at_cut()) continue;
        sequence->cuts.erase(sequence->cuts.begin());
        keep_state(*sequence);
    }
}

bool Engine::is_under_way(const Sequence& sequence) const {
    return round_ && std::ranges::count(round_->fed, &sequence) > 0;
}

/// For statistics and for whose turn it is.
void Engine::count(const Sequence& sequence, size_t rows) {
    const bool prompt = sequence.reads_prompt();
    (prompt ? counts_.prompt_tokens : counts_.answer_tokens) += rows;
    queue_.served(sequence.request.owner, rows * (prompt ? 1 : answer_cost));
}

/// Those whose next token can be drawn.
std::vector<Sequence*> Engine::ready() const {
    std::vector<Sequence*> ready;
    for (const SequencePointer& sequence : running_)
        if (sequence->can_draw()) ready.push_back(sequence.get());
    return ready;
}

void Engine::draw(std::span<Sequence* const> ready) {
    if (ready.empty()) return;
    const Stopwatch watch;
    pool_.parallel_for(ready.size(), [&](uint64_t begin, uint64_t end) {
        for (uint64_t i = begin; i < end; ++i) ready[i]->draw();
    });
    for (Sequence* const sequence : ready)
        if (!sequence->failure) sequence->take_drawn(*tokenizer_);
    draw_cost_.add(static_cast<uint32_t>(ready.size()), watch.seconds());
}

/// Lets those go that are over, once nothing uses their slots.
void Engine::finish() {
    for (const SequencePointer& sequence : running_) {
        if (sequence->failure) sequence->end = End::failed;
        if (!sequence->end || sequence->is_over) continue;
        if (!sequence->lost && !is_under_way(*sequence)) guarded([&] { leave_state(*sequence); });
        over(*sequence);
        queue_.end(sequence->request.owner);
    }
    std::erase_if(running_, [&](const SequencePointer& sequence) {
        const bool leaves = sequence->is_over && !is_under_way(*sequence);
        if (leaves) free_slots_.push_back(sequence->slot);
        return leaves;
    });
}

void Engine::over(Sequence& sequence) {
    ++counts_.finished;
    counts_.failed += sequence.end == End::failed;
    sequence.tell_done();
}

/// What fails on the device is made good for all that is running.
template <typename Body>
void Engine::guarded(const Body& body) {
    try {
        body();
    } catch (const Error& error) {
        context_.reset();
        recover(error);
    } catch (const std::bad_alloc&) {  // of the host: the device is as good as before
        recover(no_memory());
    }
}

void Engine::recover(const Error& error) {
    round_.reset();
    for (const SequencePointer& sequence : running_) sequence->lose();
    if (!is_of_device(error.code()) || ++failures_ > most_failures) return fail_all(error);
    log(LogLevel::warning, concat(error.what(), "; what was running is read again"));
    if (!context_ && make_context()) ++counts_.rebuilds;
}

/// Whether there is one; otherwise nothing can be served.
bool Engine::make_context() {
    try {
        context_ = make_();
        return true;
    } catch (const Error& error) {
        fail_all(error);
        return false;
    }
}

void Engine::fail_all(const Error& error) noexcept {
    failures_ = 0;
    for (const SequencePointer& sequence : running_)
        if (!sequence->end) sequence->fail(error);
    for (auto& [id, sequence] : waiting_)
        if (!sequence->end) sequence->fail(error);
}

/// Tells what happened, when nothing of it is under way any more.
void Engine::publish() {
    counts_.running = running_.size();
    counts_.waiting = waiting_.size();
    counts_.kept_states = cache_.states();
    counts_.kept_bytes = cache_.bytes();
    counts_.device_bytes = context_ ? context_->backend().device_bytes() : 0;
    {
        const std::lock_guard lock(mutex_);
        published_ = counts_;
    }
    for (const auto& tell : std::exchange(outbox_, {})) tell();
}

}  // namespace rwkvk::engine
