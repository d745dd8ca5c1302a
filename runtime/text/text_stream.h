#pragma once

#include <span>
#include <string>
#include <string_view>

#include "runtime/text/stop_filter.h"
#include "runtime/text/utf8_stream.h"

namespace rwkvk::text {

/// The bytes of successive tokens as text to print: never half a character, never a piece of a stop string.
/// The whole is what Utf8Stream makes of the bytes before the stop, however they were cut.
class TextStream {
  public:
    /// Errors: as StopAutomaton.
    explicit TextStream(std::span<const std::string> stop_strings) : filter_(stop_strings) {}

    std::string push(std::string_view bytes);
    /// Ends the text.
    std::string finish();

    bool stopped() const { return filter_.stopped(); }
    std::optional<StopFilter::Stop> stop() const { return filter_.stop(); }

  private:
    StopFilter filter_;
    Utf8Stream utf8_;
};

}  // namespace rwkvk::text
