#pragma once
// What the engine tells of one choice, put together.

#include <chrono>
#include <optional>

#include "dialect.h"

namespace rwkvk::server {

class Transcript {
  public:
    /// Both outlive it. `stops`: texts that end it.
    Transcript(const Tokenizer& tokenizer, const std::vector<std::string>& stops)
        : tokenizer_(tokenizer), stops_(stops) {}

    /// What has become certain by it; none: nothing.
    std::optional<Said> take(const rwkvk_engine_event& event);
    void set_seed(uint64_t seed) { choice_.seed = seed; }

    const Choice& choice() const { return choice_; }

  private:
    using Clock = std::chrono::steady_clock;

    void take_token(const rwkvk_engine_event& event);
    std::optional<Said> take_text(const rwkvk_engine_event& event);
    void take_end(const rwkvk_engine_event& event);

    const Tokenizer& tokenizer_;
    const std::vector<std::string>& stops_;
    Choice choice_;
    UntoldTokens untold_;
    std::vector<Token> drawn_;  // since something was said
    size_t characters_ = 0;     // that were
    Clock::time_point begun_{}, answering_{};
};

}  // namespace rwkvk::server
