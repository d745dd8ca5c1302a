#include "runtime/text/utf8_stream.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "runtime/text/utf8.h"

namespace {

using namespace rwkvk::text;

const std::string bad = "\xef\xbf\xbd";  // U+FFFD

/// The text of `bytes` in pieces that end at `cuts`.
std::string streamed(const std::string& bytes, const std::vector<size_t>& cuts = {}) {
    Utf8Stream stream;
    std::string text;
    size_t at = 0;
    for (const size_t cut : cuts) {
        text += stream.push(std::string_view(bytes).substr(at, cut - at));
        at = cut;
    }
    text += stream.push(std::string_view(bytes).substr(at));
    return text + stream.flush();
}

/// Bytes of which many are the first of a character or the next.
std::string random_bytes(std::mt19937& random, size_t count) {
    static const std::string frequent = "a\x80\x9f\xa0\xbf\xc2\xe0\xe2\xed\xef\xf0\xf1\xf4\xff";
    std::string bytes;
    for (size_t i = 0; i < count; ++i) {
        const uint32_t r = random();
        bytes += r % 2 ? frequent[(r >> 1) % frequent.size()] : static_cast<char>(r >> 8);
    }
    return bytes;
}

/// Well-formed characters by the definition of UTF-8: the code point, not the table of bytes, decides.
bool is_character_by_code_point(std::string_view bytes) {
    const auto at = [bytes](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(bytes[i])); };
    const uint32_t first = at(0);
    const size_t size = first < 0x80       ? 1
                        : first >> 5 == 6  ? 2
                        : first >> 4 == 14 ? 3
                        : first >> 3 == 30 ? 4
                                           : 0;
    if (size != bytes.size()) return false;
    uint32_t code_point = size == 1 ? first : first & (0x7fu >> size);
    for (size_t i = 1; i < size; ++i) {
        if (at(i) >> 6 != 2) return false;
        code_point = code_point << 6 | (at(i) & 0x3fu);
    }
    const uint32_t shortest[] = {0, 0, 0x80, 0x800, 0x10000};
    return code_point >= shortest[size] && is_unicode_scalar(code_point);
}

TEST_CASE("every sequence of up to three bytes is judged as the definition of UTF-8 says") {
    size_t different = 0;
    for (uint32_t value = 0; value < 1u << 24; value += value < 1u << 17 ? 1 : 3) {
        std::string bytes;
        for (uint32_t rest = value; bytes.empty() || rest != 0; rest >>= 8)
            bytes += static_cast<char>(rest & 0xffu);
        const Utf8Piece piece = first_utf8_piece(bytes);
        const bool whole = piece.kind == Utf8::character && piece.size_bytes == bytes.size();
        different += whole != is_character_by_code_point(bytes);
    }
    CHECK(different == 0);
}

TEST_CASE("every character survives") {
    size_t different = 0;
    for (uint32_t code_point = 0; code_point <= 0x10ffff; ++code_point) {
        if (!is_unicode_scalar(code_point)) continue;
        std::string bytes;
        append_utf8(bytes, code_point);
        different += streamed(bytes) != bytes || !is_character_by_code_point(bytes);
    }
    CHECK(different == 0);
}

TEST_CASE("ill-formed text gives one U+FFFD per maximal subpart") {
    const struct {
        std::string bytes, text;
    } cases[] = {
        {"a\x80z", "a" + bad + "z"},                  // a continuation alone
        {"\xc0\xaf", bad + bad},                      // overlong: c0 begins nothing
        {"\xe0\x80\x80", bad + bad + bad},            // overlong: 80 cannot follow e0
        {"\xed\xa0\x80", bad + bad + bad},            // a surrogate
        {"\xf4\x90\x80\x80", bad + bad + bad + bad},  // above 10ffff
        {"\xf5\xff", bad + bad},                      // no lead bytes
        {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf"
         "A",
         bad + bad + bad + bad + "A"},  // cut characters
        {"\xf0\x90\x80"
         "b",
         bad + "b"},            // three bytes of four, one subpart
        {"\xe2\x82", bad},      // the end inside a character
        {"\xef\xbf\xbd", bad},  // a real U+FFFD
    };
    for (const auto& [bytes, text] : cases) CHECK(streamed(bytes) == text);
}

TEST_CASE("random bytes cut anywhere give the text of the whole, which is well-formed") {
    std::mt19937 random(1);
    for (int round = 0; round < 300; ++round) {
        const std::string bytes = random_bytes(random, 24);
        const std::string whole = streamed(bytes);
        INFO("round ", round);
        for (std::string_view rest = whole; !rest.empty();) {
            const Utf8Piece piece = first_utf8_piece(rest);
            REQUIRE(piece.kind == Utf8::character);
            rest.remove_prefix(piece.size_bytes);
        }
        std::vector<size_t> all_cuts;
        for (size_t first = 0; first <= bytes.size(); ++first) {
            all_cuts.push_back(first);
            for (size_t second = first; second <= bytes.size(); ++second) {
                if (streamed(bytes, {first, second}) != whole) FAIL_CHECK("cut at ", first, " and ", second);
            }
        }
        CHECK(streamed(bytes, all_cuts) == whole);
    }
}

TEST_CASE("nothing complete is held back, and a flush begins anew") {
    Utf8Stream stream;
    CHECK(stream.push("ab\xf0\x9f\x98") == "ab");
    CHECK(stream.push("\x80"
                      "c") ==
          "\xf0\x9f\x98\x80"
          "c");
    CHECK(stream.push("\xe2") == "");
    CHECK(stream.flush() == bad);
    CHECK(stream.flush() == "");
    CHECK(stream.push("\x82\xac") == bad + bad);
}

}  // namespace
