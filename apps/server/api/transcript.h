#pragma once
// What the engine tells of one choice, put together.

#include <chrono>
#include <optional>

#include "dialect.h"
#include "job.h"

namespace rwkvk::server {

class Transcript {
  public:
    /// Both outlive it.
    Transcript(const Loaded& loaded, const Job& job);

    /// What has become certain by it; none: nothing.
    std::optional<Said> take(const rwkvk_engine_event& event);
    void set_seed(uint64_t seed) { choice_.seed = seed; }

    const Choice& choice() const { return choice_; }

  private:
    using Clock = std::chrono::steady_clock;

    void take_token(const rwkvk_engine_event& event);
    std::optional<Said> take_text(const rwkvk_engine_event& event);
    /// What of `said` is text, and the calls; false where all is held back.
    bool tell_calls(Said& said, bool is_last);
    void take_end(const rwkvk_engine_event& event);

    const Tokenizer& tokenizer_;
    const std::vector<std::string>& stops_;
    std::optional<CallReader> calls_;  // where tools may be called
    Choice choice_;
    UntoldTokens untold_;
    std::vector<Token> drawn_;              // since something was said
    std::vector<ScoredToken> held_scores_;  // of text that may become a call
    size_t characters_ = 0;                 // that were
    Clock::time_point begun_{}, answering_{};
};

}  // namespace rwkvk::server
