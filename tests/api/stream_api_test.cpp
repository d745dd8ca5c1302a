// Text out through the border: however bytes are cut into tokens, what is shown is always right and, put
// together, what an independent reference makes of the whole text.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <rwkvk.hpp>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace {

using rwkvk::Token;
using Strings = std::vector<std::string>;
using Random = std::mt19937;

// ---- The reference ----

/// How many bytes the character at the beginning has, by the definition of UTF-8; 0: none begins here.
size_t character_bytes(std::string_view bytes) {
    const auto first = static_cast<uint8_t>(bytes[0]);
    const size_t size = first < 0x80       ? 1
                        : first >> 5 == 6  ? 2
                        : first >> 4 == 14 ? 3
                        : first >> 3 == 30 ? 4
                                           : 0;
    if (size == 0 || size > bytes.size()) return 0;
    uint32_t code_point = size == 1 ? first : first & (0x7fu >> size);
    for (size_t i = 1; i < size; ++i) {
        const auto next = static_cast<uint8_t>(bytes[i]);
        if (next >> 6 != 2) return 0;
        code_point = code_point << 6 | (next & 0x3fu);
    }
    constexpr uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool is_surrogate = code_point >= 0xd800 && code_point < 0xe000;
    return code_point < smallest[size] || code_point > 0x10ffff || is_surrogate ? 0 : size;
}

/// Whether some bytes after these would make them a character.
bool is_beginning(const std::string& bytes) {
    for (const char* tail : {"\x80", "\x90", "\xa0", "\x80\x80", "\x90\x80", "\xa0\x80", "\x80\x80\x80",
                             "\x90\x80\x80", "\xa0\x80\x80"}) {
        const std::string whole = bytes + tail;
        if (character_bytes(whole) == whole.size()) return true;
    }
    return false;
}

/// The text of the bytes: U+FFFD for each longest beginning of a character that does not become one, and for
/// each other byte. Without `ended` a beginning at the end is left out: it may still become a character.
std::string reference_text(std::string_view bytes, bool ended = true) {
    std::string text;
    while (!bytes.empty()) {
        size_t size = character_bytes(bytes);
        if (size > 0) {
            text += bytes.substr(0, size);
        } else {
            for (size = 1; size < bytes.size() && is_beginning(std::string(bytes.substr(0, size + 1)));)
                ++size;
            if (!ended && size == bytes.size() && is_beginning(std::string(bytes))) return text;
            text += "\xef\xbf\xbd";
        }
        bytes.remove_prefix(size);
    }
    return text;
}

/// Where the first stop string begins.
std::optional<size_t> first_stop(const std::string& bytes, const Strings& stops) {
    size_t first = bytes.npos;
    for (const std::string& stop : stops) first = std::min(first, bytes.find(stop));
    return first == bytes.npos ? std::nullopt : std::optional(first);
}

// ---- The vocabulary ----

/// All single bytes, and all pieces of the texts up to a size; written in the World format and opened.
class Vocabulary {
  public:
    Vocabulary(const Strings& texts, size_t longest) {
        for (int byte = 0; byte < 256; ++byte) add(std::string(1, static_cast<char>(byte)));
        for (const std::string& text : texts) {
            for (size_t at = 0; at < text.size(); ++at) {
                for (size_t size = 2; size <= std::min(longest, text.size() - at); ++size)
                    add(text.substr(at, size));
            }
        }
        std::ofstream(path_) << lines_;
        tokenizer_.emplace(runtime_.tokenizer(path_));
    }

    const rwkvk::Tokenizer& tokenizer() const { return *tokenizer_; }
    Token id(const std::string& piece) const { return ids_.at(piece); }

  private:
    void add(const std::string& bytes) {
        const auto id = static_cast<Token>(ids_.size() + 1);  // 0 ends a text
        if (!ids_.emplace(bytes, id).second) return;
        lines_ += std::to_string(id) + " b'";
        for (const char byte : bytes) {
            char escape[5];
            std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<uint8_t>(byte));
            lines_ += escape;
        }
        lines_ += "' " + std::to_string(bytes.size()) + "\n";
    }

    rwkvk::test::TemporaryFolder folder_;
    std::string path_ = folder_ / "vocabulary.txt", lines_;
    std::map<std::string, Token> ids_;
    rwkvk::Runtime runtime_;
    std::optional<rwkvk::Tokenizer> tokenizer_;
};

// ---- What is compared ----

struct Expectation {
    Expectation(std::string of, Strings until) : bytes(std::move(of)), stops(std::move(until)) {}

    std::string bytes;
    Strings stops;
    std::optional<size_t> stop = first_stop(bytes, stops);
    std::string text = reference_text(std::string_view(bytes).substr(0, stop.value_or(bytes.size())));

    std::vector<size_t> due = due_sizes();  // the least that is to be shown after so many bytes

  private:
    std::vector<size_t> due_sizes() const {
        size_t longest = 1;
        for (const std::string& one : stops) longest = std::max(longest, one.size());
        std::vector<size_t> sizes;
        for (size_t count = 0; count <= bytes.size(); ++count) {
            const size_t sure = count - std::min(count, longest - 1);  // the rest may become a stop string
            const std::string_view before_stop(bytes.data(), std::min(sure, stop.value_or(sure)));
            sizes.push_back(reference_text(before_stop, false).size());
        }
        return sizes;
    }
};

/// Streams the bytes cut at `cuts` (ascending, without the ends) and says what was wrong; "" for nothing.
std::string fault_of(const Vocabulary& vocabulary, const Expectation& expected,
                     const std::vector<size_t>& cuts) {
    rwkvk::Stream stream(vocabulary.tokenizer(), expected.stops);
    std::string shown;
    size_t at = 0;
    for (size_t i = 0; i <= cuts.size(); ++i) {
        const size_t end = i < cuts.size() ? cuts[i] : expected.bytes.size();
        const bool was_stopped = stream.stopped();
        const std::string_view piece = stream.push(vocabulary.id(expected.bytes.substr(at, end - at)));
        at = end;
        shown += piece;
        if (was_stopped && !piece.empty()) return "text after the stop";
        if (reference_text(piece) != piece) return "half a character";
        if (!expected.text.starts_with(shown)) return "wrong text, or a piece of a stop string";
        if (shown.size() < expected.due[at]) return "text that is certain held back";
        if (stream.stopped() && !(expected.stop && shown == expected.text)) return "stopped too early";
    }
    shown += stream.finish();
    return shown == expected.text ? "" : "another text as a whole";
}

// ---- What is streamed ----

/// Characters of 1 to 4 bytes, few of each size, so that parts of them come again.
std::string valid_text(Random& random, size_t characters) {
    static const Strings some = {"a",
                                 "b",
                                 "\n",
                                 "U",
                                 ":",
                                 "\xc3\xa4",
                                 "\xc3\xa5",
                                 "\xd0\xb0",
                                 "\xe2\x82\xac",
                                 "\xe2\x82\xad",
                                 "\xe4\xb8\xad",
                                 "\xed\x9f\xbf",
                                 "\xef\xbf\xbd",
                                 "\xf0\x9f\x98\x80",
                                 "\xf0\x9f\x98\x81",
                                 "\xf4\x8f\xbf\xbf"};
    std::string text;
    for (size_t i = 0; i < characters; ++i) text += some[random() % some.size()];
    return text;
}

/// Mostly first and next bytes of characters, in any order.
std::string invalid_text(Random& random, size_t bytes) {
    static const std::string some("ab\0\x80\x82\x8f\x9f\xa0\xbf\xc0\xc3\xe0\xe2\xed\xf0\xf4\xf5\xff", 18);
    std::string text;
    for (size_t i = 0; i < bytes; ++i)
        text += random() % 8 ? some[random() % some.size()] : static_cast<char>(random());
    return text;
}

/// Parts of the text, which may begin and end inside characters, and such as differ from a part in the end.
Strings some_stops(Random& random, const std::string& text) {
    Strings stops;
    for (size_t i = random() % 4; i > 0; --i) {
        std::string stop = text.substr(random() % text.size(), 1 + random() % 6);
        if (random() % 2) stop.back() = static_cast<char>(1 + random() % 255);
        if (stop.find('\0') == stop.npos) stops.push_back(stop);  // the border's strings end at a NUL
    }
    return stops;
}

TEST_CASE("short texts in every way that they can be cut") {
    size_t streams = 0, stopped = 0;
    std::map<std::string, size_t> faults;
    for (uint32_t seed = 1; seed <= 40; ++seed) {
        Random random(seed);
        const std::string bytes =
            seed % 2 ? valid_text(random, 5).substr(0, 11) : invalid_text(random, 6 + random() % 5);
        const Vocabulary vocabulary({bytes}, bytes.size());
        const Expectation expected(bytes, some_stops(random, bytes));
        stopped += expected.stop.has_value();
        for (uint32_t set = 0; set < 1u << (bytes.size() - 1); ++set) {
            std::vector<size_t> cuts;
            for (size_t at = 1; at < bytes.size(); ++at) {
                if (set >> (at - 1) & 1) cuts.push_back(at);
            }
            const std::string fault = fault_of(vocabulary, expected, cuts);
            if (!fault.empty()) ++faults[fault];
            ++streams;
        }
    }
    for (const auto& [fault, count] : faults) FAIL_CHECK(fault << ", " << count << " times");
    CHECK(streams > 10000);
    CHECK(stopped > 10);
    CHECK(stopped < 35);
}

/// Cuts in random places, and certainly in `place`.
std::vector<size_t> cuts_with(Random& random, size_t place, size_t bytes, size_t longest) {
    std::vector<size_t> cuts;
    for (size_t at = 0; at < bytes;) {
        size_t next = at + 1 + random() % longest;
        if (at < place && next > place) next = place;
        if (next < bytes) cuts.push_back(next);
        at = next;
    }
    return cuts;
}

TEST_CASE("long texts, a cut in every place, stop strings across tokens and characters") {
    constexpr size_t longest = 7;
    size_t streams = 0, stopped = 0;
    std::map<std::string, size_t> faults;
    for (uint32_t seed = 1; seed <= 24; ++seed) {
        Random random(100 + seed);
        const std::string bytes = seed % 2 ? valid_text(random, 70) : invalid_text(random, 161);
        const Vocabulary vocabulary({bytes}, longest);
        for (int round = 0; round < 4; ++round) {
            const Expectation expected(bytes, round == 0 ? Strings{} : some_stops(random, bytes));
            stopped += expected.stop.has_value();
            for (size_t place = 1; place < bytes.size(); ++place) {
                const std::string fault =
                    fault_of(vocabulary, expected, cuts_with(random, place, bytes.size(), longest));
                if (!fault.empty()) ++faults[fault];
                ++streams;
            }
        }
    }
    for (const auto& [fault, count] : faults) FAIL_CHECK(fault << ", " << count << " times");
    CHECK(streams > 10000);
    CHECK(stopped > 20);
}

TEST_CASE("the tokens that the tokenizer itself makes of a text") {
    Random random(7);
    const Strings texts = {valid_text(random, 40), invalid_text(random, 80)};
    const Vocabulary vocabulary(texts, 5);
    for (const std::string& bytes : texts) {
        size_t place = 30;
        while (bytes.substr(place, 3).find('\0') != bytes.npos) ++place;
        for (const Strings& stops : {Strings{}, Strings{bytes.substr(place, 3)}}) {
            const Expectation expected(bytes, stops);
            rwkvk::Stream stream(vocabulary.tokenizer(), stops);
            std::string shown;
            for (const Token token : vocabulary.tokenizer().encode(bytes)) shown += stream.push(token);
            CHECK(shown + std::string(stream.finish()) == expected.text);
            CHECK(stream.push(vocabulary.id("a")) == (stops.empty() ? "a" : ""));
        }
    }
}

TEST_CASE("a stop string with a NUL inside is refused, not cut there") {
    const Vocabulary vocabulary({}, 0);
    try {
        rwkvk::Stream(vocabulary.tokenizer(), {std::string("a\0b", 3)});
        FAIL("accepted");
    } catch (const rwkvk::Error& error) {
        CHECK(error.status() == RWKVK_BAD_TEXT);
    }
}

TEST_CASE("ids without text show nothing and end nothing") {
    const Vocabulary vocabulary({}, 0);
    rwkvk::Stream stream(vocabulary.tokenizer(), {"ab"});
    CHECK(stream.push(vocabulary.id("a")).empty());
    CHECK(stream.push(0).empty());
    CHECK(stream.push(1000000).empty());
    CHECK(stream.push(UINT32_MAX).empty());
    CHECK(stream.push(vocabulary.id("c")) == "ac");
    CHECK_FALSE(stream.stopped());
}

}  // namespace
