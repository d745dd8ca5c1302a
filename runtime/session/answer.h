#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/text/stop_filter.h"
#include "runtime/text/think_splitter.h"
#include "runtime/text/utf8_stream.h"

namespace rwkvk {

/// The text of an answer while it comes: what can be shown, as reasoning or answer, and where it ends.
class AnswerText {
  public:
    using Piece = text::ThinkSplitter::Piece;

    /// `stops` end the answer. Errors: as text::StopFilter.
    AnswerText(std::span<const std::string> stops, text::ReplyStart start)
        : filter_(stops), splitter_(start) {}

    /// Takes a token's bytes; returns what they make certain.
    Piece push(std::string_view bytes);
    /// No more tokens come: what was held back.
    Piece finish();

    /// A stop string is complete.
    bool stopped() const { return filter_.stopped(); }
    /// The last bytes may be the beginning of a stop string.
    bool may_be_stopping() const { return filter_.held_bytes() > 0; }
    /// Bytes pushed so far.
    size_t raw_bytes() const { return raw_.size(); }
    /// All bytes that belong to the reply: those before the stop string.
    std::string_view kept() const;
    /// What has been shown as answer, and whether there was reasoning besides.
    const std::string& answer() const { return answer_; }
    bool has_reasoning() const { return splitter_.has_reasoned(); }

  private:
    Piece show(std::string text);

    text::StopFilter filter_;
    text::Utf8Stream utf8_;
    text::ThinkSplitter splitter_;
    std::string raw_, answer_;
};

}  // namespace rwkvk
