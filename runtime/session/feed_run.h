#pragma once
// Feeds on their way through a context: at once, or a piece at a time.

#include <span>
#include <vector>

#include "runtime/session/context.h"

namespace rwkvk {

class FeedRun {
  public:
    /// The context, and what the feeds point to, outlive it. Until it is done, or given up, nothing else may
    /// be done with the context. Errors: as Context::feed, before anything is run.
    FeedRun(Context& context, std::vector<Feed> feeds, LogitsSink sink, uint32_t chunk = 512);
    FeedRun(const FeedRun&) = delete;
    FeedRun& operator=(const FeedRun&) = delete;

    /// To the end. Results that nobody asked for may still be computed then. Errors: as Context::feed.
    void run();
    /// Runs what is expected to end within so many seconds, `at_least_one` piece of a program if so wanted,
    /// and waits for it: true when all is done. Errors: as Context::feed.
    bool go_on(double seconds, bool at_least_one);

  private:
    struct Piece {
        size_t feed, first, count;
    };
    /// One whose result is asked for: whose it is, its number in the run of the body.
    struct Row {
        size_t feed, position;
        uint32_t number;
    };
    bool prepare();
    bool next_body();
    std::vector<Piece> next_pieces();
    RunTables body_tables() const;
    std::vector<Row> wanted_rows(bool hidden) const;
    static RunTables head_tables(std::span<const Row> rows);
    void next_head();
    void ran();
    void read_logits();
    void read_hidden();
    void tell(std::span<const Row> rows, std::span<const float> values) const;
    void report() const;

    Context& context_;
    Backend& backend_;
    const std::vector<Feed> feeds_;
    const LogitsSink sink_;
    const uint32_t chunk_;
    std::vector<size_t> begun_;  // tokens of each feed that are run, or in the run that is prepared
    size_t total_ = 0, fed_ = 0;
    std::vector<Piece> pieces_;  // of the last run of the body
    std::vector<Row> rows_;      // whose logits were not read yet
    Part part_ = Part::body;     // of the run that is prepared
    RunTables tables_;
    bool started_ = false;  // in pieces
};

}  // namespace rwkvk
