#include "runtime/session/feed_run.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <utility>

#include "host/finite.h"
#include "host/stopwatch.h"

namespace rwkvk {
namespace {

size_t step_that_writes(const Program& program, uint32_t tensor) {
    const auto writes = [&](const Step& step) {
        for (size_t slot = 0; slot < step.operands.size(); ++slot)
            if (step.operands[slot].tensor == tensor && info(step.op).slots[slot] != 'r') return true;
        return false;
    };
    const auto found = std::ranges::find_if(program.steps, writes);
    RWKVK_ASSERT(found != program.steps.end());
    return static_cast<size_t>(found - program.steps.begin());
}

}  // namespace

FeedRun::FeedRun(Context& context, std::vector<Feed> feeds, LogitsSink sink, uint32_t chunk)
    : context_(context),
      backend_(context.backend()),
      feeds_(std::move(feeds)),
      sink_(std::move(sink)),
      chunk_(chunk),
      begun_(feeds_.size(), 0) {
    context.check(feeds_);
    if (chunk == 0) throw Error(Code::bad_argument, "a chunk has at least 1 token");
    for (const Feed& feed : feeds_) total_ += feed.tokens.size();
}

void FeedRun::run() {
    while (started_) go_on(std::numeric_limits<double>::infinity(), /*at_least_one*/ true);
    while (prepare()) {
        backend_.run(part_, tables_);
        ran();
    }
}

bool FeedRun::go_on(double seconds, bool at_least_one) {
    const Stopwatch watch;
    while (started_ || prepare()) {
        if (!started_) backend_.start(part_, tables_);
        started_ = true;
        if (!backend_.go_on(seconds - watch.seconds(), at_least_one)) return false;
        started_ = at_least_one = false;
        ran();
    }
    return true;
}

/// What is run next, if there is anything left.
bool FeedRun::prepare() {
    if (rows_.empty()) return next_body();
    next_head();
    return true;
}

bool FeedRun::next_body() {
    pieces_ = next_pieces();
    if (pieces_.empty()) return false;
    if (context_.take_interrupt()) throw Error(Code::cancelled, "interrupted");
    // Behind the question: who always interrupts must not undo every try to feed a piece.
    if (fed_ == 0) report();
    part_ = Part::body;
    tables_ = body_tables();
    return true;
}

/// The next rows of every feed that has some left, as many as one run takes.
std::vector<FeedRun::Piece> FeedRun::next_pieces() {
    std::vector<Piece> pieces;
    size_t room = backend_.options().max_rows;
    for (size_t i = 0; i < feeds_.size() && room > 0; ++i) {
        const size_t count = std::min({feeds_[i].tokens.size() - begun_[i], size_t{chunk_}, room});
        if (count == 0) continue;
        pieces.push_back({i, begun_[i], count});
        begun_[i] += count;
        room -= count;
    }
    return pieces;
}

RunTables FeedRun::body_tables() const {
    std::vector<uint32_t> ids, shifts, sequences, vectors;
    const uint32_t width = context_.model().programs().width;
    const bool any_vectors =
        std::ranges::any_of(pieces_, [&](const Piece& p) { return !feeds_[p.feed].vectors.empty(); });
    for (const Piece& piece : pieces_) {
        const Feed& feed = feeds_[piece.feed];
        const uint32_t current = context_.current_shift(feed.slot), next = current ^ 1u;
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

/// Of the rows that the body ran.
std::vector<FeedRun::Row> FeedRun::wanted_rows(bool hidden) const {
    std::vector<Row> rows;
    uint32_t number = 0;
    for (const Piece& piece : pieces_) {
        const Feed& feed = feeds_[piece.feed];
        for (size_t i = piece.first; i < piece.first + piece.count; ++i, ++number) {
            const bool last = i + 1 == feed.tokens.size();
            if (feed.hidden == hidden && (feed.want == Want::all || (feed.want == Want::last && last)))
                rows.push_back({piece.feed, i, number});
        }
    }
    return rows;
}

RunTables FeedRun::head_tables(std::span<const Row> rows) {
    std::vector<uint32_t> numbers;
    for (const Row& row : rows) numbers.push_back(row.number);
    return {static_cast<uint32_t>(rows.size()), {{tables::numbers, std::move(numbers)}}};
}

/// As many rows as one run of the head takes.
void FeedRun::next_head() {
    part_ = Part::head;
    tables_ = head_tables(std::span(rows_).first(std::min<size_t>(rows_.size(), backend_.max_head_rows())));
}

/// What was prepared has been run.
void FeedRun::ran() {
    if (part_ == Part::head) {
        read_logits();
    } else {
        for (const Piece& piece : pieces_) context_.advance_shift(feeds_[piece.feed].slot);
        rows_ = wanted_rows(false);
        read_hidden();
    }
    if (!rows_.empty()) return;
    fed_ = std::accumulate(begun_.begin(), begun_.end(), size_t{0});
    report();
}

void FeedRun::read_logits() {
    std::vector<float>& logits = context_.logits_;
    logits.resize(uint64_t{tables_.rows} * context_.model().programs().vocabulary);
    backend_.read_carried("logits", logits);
    tell(std::span(rows_).first(tables_.rows), logits);
    rows_.erase(rows_.begin(), rows_.begin() + tables_.rows);
}

/// What the head makes of the body's rows before it multiplies them.
void FeedRun::read_hidden() {
    const std::vector<Row> rows = wanted_rows(true);
    if (rows.empty()) return;  // as for every token of an answer
    const Program& head = backend_.programs().head;
    const uint32_t width = context_.model().programs().width;
    const Operand normed{static_cast<uint32_t>(find_tensor(head, "ln_out")), 0};
    const size_t last_step = step_that_writes(head, normed.tensor);
    for (size_t at = 0; at < rows.size(); at += backend_.max_head_rows()) {
        const auto some =
            std::span(rows).subspan(at, std::min<size_t>(rows.size() - at, backend_.max_head_rows()));
        backend_.begin(Part::head, head_tables(some));
        for (size_t step = 0; step <= last_step; ++step) backend_.run_step(step);
        std::vector<float> vectors(some.size() * width);
        backend_.read_tensor(normed, vectors);
        tell(some, vectors);
    }
}

void FeedRun::tell(std::span<const Row> rows, std::span<const float> values) const {
    const size_t width = values.size() / rows.size();
    for (size_t i = 0; i < rows.size(); ++i) {
        const std::span<const float> row = values.subspan(i * width, width);
        if (find_not_finite(row) < row.size()) {
            const bool hidden = feeds_[rows[i].feed].hidden;
            throw Error(Code::not_finite, concat("the ", hidden ? "hidden vector" : "logits", " of token ",
                                                 rows[i].position, hidden ? " is" : " are", " not finite"));
        }
        sink_(rows[i].feed, rows[i].position, row);
    }
}

void FeedRun::report() const {
    if (context_.progress_) context_.progress_(fed_, total_);
}

}  // namespace rwkvk
