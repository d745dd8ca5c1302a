#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/text/stop_automaton.h"

namespace rwkvk::text {

/// Passes a stream of bytes on up to the first stop string: the one that begins leftmost, of those that begin
/// there the longest. What may still be part of it is held back, so what has been passed on is never wrong
/// and never depends on how the stream was cut. Time is linear in the bytes.
class StopFilter {
  public:
    struct Stop {
        size_t index;           // of the stop string
        uint64_t bytes_before;  // of the stream
        bool operator==(const Stop&) const = default;
    };

    /// Errors: as StopAutomaton.
    explicit StopFilter(std::span<const std::string> stop_strings) : automaton_(stop_strings) {}

    /// Takes more bytes and returns those that are certainly before any stop string. After the stop: nothing.
    std::string push(std::string_view bytes);
    /// Ends the stream: returns what was held back and turns out not to be a stop string.
    std::string finish();

    bool stopped() const { return stopped_; }
    /// Where the stream was stopped, and by what; nothing while that is undecided.
    std::optional<Stop> stop() const { return stopped_ ? found_ : std::nullopt; }
    /// How many bytes are held back.
    size_t held_bytes() const { return held_.size(); }

  private:
    void read(uint8_t byte);
    bool is_decided() const;
    std::string take_before(uint64_t position);

    StopAutomaton automaton_;
    StopAutomaton::Node node_ = StopAutomaton::root;
    uint64_t bytes_read_ = 0;
    std::string held_;           // the last bytes read
    std::optional<Stop> found_;  // the best so far
    bool stopped_ = false;
};

}  // namespace rwkvk::text
