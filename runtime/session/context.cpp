#include "runtime/session/context.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "runtime/model/state_layout.h"

namespace rwkvk {

Context::Context(std::shared_ptr<const Model> model, std::unique_ptr<Backend> backend)
    : model_(std::move(model)),
      backend_(std::move(backend)),
      parity_(backend_->options().slots + backend_->options().spare_slots, 0) {
    if (!model_->initial_state().empty()) set_initial({});
}

void Context::check(std::span<const Feed> feeds) const {
    std::vector<bool> seen(backend_->options().slots, false);
    for (const Feed& feed : feeds) {
        check_slot(feed.slot);
        if (seen[feed.slot])
            throw Error(Code::bad_argument, concat("slot ", feed.slot, " is fed twice in one call"));
        seen[feed.slot] = true;
        const bool vectors = !feed.vectors.empty();
        if (vectors && feed.vectors.size() != feed.tokens.size() * model_->programs().width) {
            throw Error(Code::bad_argument,
                        concat("expected ", feed.tokens.size(), " vectors of ", model_->programs().width,
                               " elements, found ", feed.vectors.size(), " elements"));
        }
        for (size_t i = 0; i < feed.tokens.size(); ++i) {
            if (feed.tokens[i] >= model_->programs().vocabulary && !(vectors && feed.tokens[i] == NONE)) {
                throw Error(Code::bad_token,
                            concat("token ", i, " has id ", feed.tokens[i], "; the vocabulary has ids 0 to ",
                                   model_->programs().vocabulary - 1));
            }
        }
    }
}

/// The next rows of every feed that has some left, as many as one run takes.
std::vector<Context::Piece> Context::next_pieces(std::span<const Feed> feeds, std::vector<size_t>& done,
                                                 uint32_t chunk) const {
    std::vector<Piece> pieces;
    size_t room = backend_->options().max_rows;
    for (size_t i = 0; i < feeds.size() && room > 0; ++i) {
        const size_t count = std::min({feeds[i].tokens.size() - done[i], size_t{chunk}, room});
        if (count == 0) continue;
        pieces.push_back({i, done[i], count});
        done[i] += count;
        room -= count;
    }
    return pieces;
}

RunTables Context::make_tables(std::span<const Feed> feeds, const std::vector<Piece>& pieces) const {
    std::vector<uint32_t> ids, shifts, sequences, vectors;
    const uint32_t width = model_->programs().width;
    const bool any_vectors = std::any_of(pieces.begin(), pieces.end(),
                                         [&](const Piece& p) { return !feeds[p.feed].vectors.empty(); });
    for (const Piece& piece : pieces) {
        const Feed& feed = feeds[piece.feed];
        const uint32_t current = 2 * feed.slot + parity_[feed.slot], next = current ^ 1u;
        sequences.insert(sequences.end(), {static_cast<uint32_t>(ids.size()),
                                           static_cast<uint32_t>(piece.count), feed.slot, 0});
        for (size_t i = 0; i < piece.count; ++i) {
            ids.push_back(feed.tokens[piece.first + i]);
            shifts.push_back(i == 0 ? current : NONE);
            shifts.push_back(i + 1 == piece.count ? next : NONE);
            for (uint32_t c = 0; any_vectors && c < width; ++c) {
                vectors.push_back(feed.vectors.empty()
                                      ? 0
                                      : std::bit_cast<uint32_t>(feed.vectors[(piece.first + i) * width + c]));
            }
        }
    }
    sequences.resize(ids.size() * 4, 0);
    const auto rows = static_cast<uint32_t>(ids.size());
    RunTables tables{rows,
                     {{tables::ids, std::move(ids)},
                      {tables::shifts, std::move(shifts)},
                      {tables::sequences, std::move(sequences)}}};
    if (any_vectors) tables.tables.push_back({tables::vectors, std::move(vectors)});
    return tables;
}

void Context::run_head(std::span<const Feed> feeds, const std::vector<Piece>& pieces,
                       const LogitsSink& sink) {
    struct Row {
        size_t feed, position;
        uint32_t number;
    };
    std::vector<Row> rows;
    uint32_t number = 0;
    for (const Piece& piece : pieces) {
        const Feed& feed = feeds[piece.feed];
        for (size_t i = piece.first; i < piece.first + piece.count; ++i, ++number) {
            const bool last = i + 1 == feed.tokens.size();
            if (feed.want == Want::all || (feed.want == Want::last && last))
                rows.push_back({piece.feed, i, number});
        }
    }
    const uint32_t vocabulary = model_->programs().vocabulary;
    std::vector<float> logits;
    for (size_t at = 0; at < rows.size(); at += backend_->max_head_rows()) {
        const auto count =
            static_cast<uint32_t>(std::min<size_t>(rows.size() - at, backend_->max_head_rows()));
        std::vector<uint32_t> numbers;
        for (uint32_t i = 0; i < count; ++i) numbers.push_back(rows[at + i].number);
        backend_->run(Part::head, {count, {{tables::numbers, numbers}}});
        logits.resize(uint64_t{count} * vocabulary);
        backend_->read_carried("logits", logits);
        for (uint32_t i = 0; i < count; ++i) {
            const std::span<const float> row(logits.data() + uint64_t{i} * vocabulary, vocabulary);
            if (!std::all_of(row.begin(), row.end(), [](float x) { return std::isfinite(x); })) {
                throw Error(Code::not_finite,
                            concat("the logits of token ", rows[at + i].position, " are not finite"));
            }
            sink(rows[at + i].feed, rows[at + i].position, row);
        }
    }
}

void Context::feed(std::span<const Feed> feeds, const LogitsSink& sink, uint32_t chunk) {
    check(feeds);
    if (chunk == 0) throw Error(Code::bad_argument, "a chunk has at least 1 token");
    std::vector<size_t> done(feeds.size(), 0);
    size_t total = 0;
    for (const Feed& feed : feeds) total += feed.tokens.size();
    size_t fed = 0;
    const auto report = [&] {
        if (progress_) progress_(fed, total);
    };
    while (true) {
        const std::vector<Piece> pieces = next_pieces(feeds, done, chunk);
        if (pieces.empty()) return;
        if (take_interrupt()) throw Error(Code::cancelled, "interrupted");
        // Behind the question: who always interrupts must not undo every try to feed a piece.
        if (fed == 0) report();
        backend_->run(Part::body, make_tables(feeds, pieces));
        for (const Piece& piece : pieces) parity_[feeds[piece.feed].slot] ^= 1;
        run_head(feeds, pieces, sink);
        fed = std::accumulate(done.begin(), done.end(), size_t{0});
        report();
    }
}

std::vector<float> Context::feed(uint32_t slot, std::span<const Token> tokens, uint32_t chunk) {
    std::vector<float> last;
    const Feed feed{.slot = slot, .tokens = tokens, .want = Want::last, .vectors = {}};
    this->feed(
        {&feed, 1},
        [&](size_t, size_t, std::span<const float> logits) { last.assign(logits.begin(), logits.end()); },
        chunk);
    return last;
}

std::vector<float> Context::feed_whole(uint32_t slot, std::span<const Token> tokens, Want want) {
    const size_t most = backend_->options().max_rows;
    bool interrupted = false;
    std::vector<float> last;
    while (!tokens.empty()) {
        const Feed piece{.slot = slot,
                         .tokens = tokens.first(std::min(most, tokens.size())),
                         .want = tokens.size() > most ? Want::nothing : want,
                         .vectors = {}};
        try {  // one run: it is done, or interrupted before it begins
            feed({&piece, 1}, [&](size_t, size_t, std::span<const float> logits) {
                last.assign(logits.begin(), logits.end());
            });
            tokens = tokens.subspan(piece.tokens.size());
        } catch (const Error& error) {
            if (error.code() != Code::cancelled) throw;
            interrupted = true;
        }
    }
    if (interrupted) interrupt();
    return last;
}

void Context::finish() {
    float any = 0;
    backend_->read_carried("hidden", {&any, 1});
}

uint32_t Context::entry(const StateRequest& state, uint32_t slot) const {
    return state.entries == 1 ? slot : slot * state.entries + parity_[slot];
}

void Context::check_slot(uint32_t slot) const {
    const uint32_t slots = backend_->options().slots;
    if (slot < slots) return;
    throw Error(Code::bad_argument, concat("slot ", slot, " does not exist; there are ", slots));
}

void Context::reset(uint32_t slot) {
    check_slot(slot);
    if (!initial_.empty()) return set_state(slot, initial_);
    const auto& states = model_->programs().body.states;
    for (uint32_t i = 0; i < states.size(); ++i) {
        backend_->write_state(i, entry(states[i], slot),
                              std::vector<float>(states[i].width, states[i].initial));
    }
}

void Context::set_initial(std::vector<float> values, std::string from) {
    if (values.empty()) values = model_->initial_state();
    if (!values.empty()) check_elements(values);
    initial_ = std::move(values);
    initial_from_ = std::move(from);
    for (uint32_t slot = 0; slot < backend_->options().slots; ++slot) reset(slot);
}

void Context::copy(uint32_t from, uint32_t to) {
    check_slot(from);
    check_slot(to);
    if (from != to) copy_slot(from, to);
}

void Context::copy_slot(uint32_t from, uint32_t to) {
    const auto& states = model_->programs().body.states;
    std::vector<StateCopy> copies;
    for (uint32_t i = 0; i < states.size(); ++i)
        copies.push_back({i, entry(states[i], from), entry(states[i], to)});
    backend_->copy_states(copies);
}

std::vector<float> Context::state(uint32_t slot) {
    check_slot(slot);
    std::vector<float> all;
    const auto& states = model_->programs().body.states;
    for (uint32_t i = 0; i < states.size(); ++i) {
        std::vector<float> values(states[i].width);
        backend_->read_state(i, entry(states[i], slot), values);
        const std::vector<float> canonical = transpose_state(states[i], values);
        all.insert(all.end(), canonical.begin(), canonical.end());
    }
    return all;
}

void Context::check_elements(std::span<const float> values) const {
    if (values.size_bytes() == model_->state_bytes()) return;
    throw Error(Code::bad_shape, concat("a state of this model has ", model_->state_bytes() / sizeof(float),
                                        " elements, found ", values.size()));
}

void Context::set_state(uint32_t slot, std::span<const float> values) {
    check_slot(slot);
    check_elements(values);
    const auto& states = model_->programs().body.states;
    for (uint32_t i = 0; i < states.size(); ++i) {
        backend_->write_state(i, entry(states[i], slot),
                              transpose_state(states[i], values.first(states[i].width)));
        values = values.subspan(states[i].width);
    }
}

}  // namespace rwkvk
