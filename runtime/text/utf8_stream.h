#pragma once

#include <string>
#include <string_view>

namespace rwkvk::text {

/// Turns the bytes of successive tokens into text that never ends inside a character. Ill-formed input gives
/// one U+FFFD per maximal ill-formed subpart (the Unicode standard's recommended practice).
class Utf8Stream {
  public:
    /// Takes more bytes and returns all text that is complete; holds back at most 3 bytes.
    std::string push(std::string_view bytes);
    /// Ends the text: what was held back becomes U+FFFD.
    std::string flush();

  private:
    std::string pending_;
};

}  // namespace rwkvk::text
