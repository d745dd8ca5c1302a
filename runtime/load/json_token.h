#pragma once
// The words of JSON (RFC 8259): where a string or number ends, and what it means.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace rwkvk::load {

/// A JSON text that nobody trusts. `where` starts every error: the file and the part of it.
struct JsonSource {
    std::string_view text;
    std::string where;

    /// The error for what stands at byte `at` of the text.
    [[noreturn]] void fail(size_t at, const std::string& expected) const;
};

/// An integer keeps all its digits if it fits one of the first two (the first where both do).
using JsonNumber = std::variant<uint64_t, int64_t, double>;

/// Between the quotes of a string.
struct JsonString {
    size_t size_bytes;  // as written
    bool escaped;       // what it means differs from what is written
};

/// `at` is behind the opening quote. Errors: Code::bad_file unless what follows is a string in strict UTF-8
/// with known escapes and no lone surrogate.
JsonString scan_json_string(const JsonSource& source, size_t at);

/// What a scanned string means, byte by byte, so that comparing two reads no further than they agree.
class JsonStringBytes {
  public:
    JsonStringBytes(const JsonSource& source, size_t at, size_t size_bytes)
        : source_(source), at_(at), end_(at + size_bytes) {}
    /// The next byte, or -1 at the end.
    int next();

  private:
    const JsonSource& source_;
    size_t at_, end_;
    std::string character_;  // of the escape that was read last
    size_t taken_ = 0;       // of its bytes
};

/// How many bytes the number at `at` has.
/// Errors: Code::bad_file if there is none, or one too large or too close to 0 for a double.
size_t scan_json_number(const JsonSource& source, size_t at);

JsonNumber json_number(std::string_view scanned);

/// `text` as a JSON string with its quotes. Errors: Code::bad_text if it is not UTF-8.
std::string json_quoted(std::string_view text);

}  // namespace rwkvk::load
