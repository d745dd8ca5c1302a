#pragma once
// A text that is parsed character by character, with places for errors.

#include <cstdint>
#include <string>
#include <string_view>

namespace rwkvk::grammar {

class Source {
  public:
    static constexpr uint32_t end = UINT32_MAX;

    /// `what` begins every error. Errors: Code::bad_argument for what is not UTF-8.
    Source(std::string_view text, std::string what);

    size_t at() const { return at_; }
    bool at_end() const { return at_ == text_.size(); }
    /// The byte that comes next, or 0 at the end.
    char peek() const { return at_end() ? '\0' : text_[at_]; }
    bool looks_at(std::string_view words) const { return text_.substr(at_).starts_with(words); }
    bool take(std::string_view words);
    /// A character as a code point. Errors: at the end.
    uint32_t take_character();
    std::string_view since(size_t start) const { return text_.substr(start, at_ - start); }
    /// A number in decimal. Errors: none there, or one over `most`.
    uint32_t take_number(uint32_t most);
    /// So many hexadecimal digits. Errors: other characters.
    uint32_t take_hex(size_t digits);

    /// "line 3, column 7" of byte `at`, from 1 on, in characters.
    std::string place(size_t at) const;
    [[noreturn]] void fail(size_t at, std::string_view message) const;
    /// What stands here instead.
    [[noreturn]] void expected(std::string_view what) const;

  private:
    std::string_view text_;
    std::string what_;
    size_t at_ = 0;
};

}  // namespace rwkvk::grammar
