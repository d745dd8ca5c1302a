// Stop strings: whatever the cuts, the text is that of a plain search in the whole.
#include "runtime/text/stop_filter.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "runtime/text/text_stream.h"
#include "tests/support/refusal.h"

namespace {

using namespace rwkvk;
using namespace rwkvk::text;
using Strings = std::vector<std::string>;

/// By the definition: the leftmost, of those the longest, of equal strings the first.
std::optional<StopFilter::Stop> plain_search(const std::string& bytes, const Strings& stops) {
    for (size_t start = 0; start < bytes.size(); ++start) {
        std::optional<size_t> best;
        for (size_t i = 0; i < stops.size(); ++i) {
            const bool is_here = bytes.compare(start, stops[i].size(), stops[i]) == 0;
            if (is_here && (!best || stops[i].size() > stops[*best].size())) best = i;
        }
        if (best) return StopFilter::Stop{*best, start};
    }
    return std::nullopt;
}

std::string plain_text(std::string_view bytes) {
    Utf8Stream utf8;
    std::string text = utf8.push(bytes);
    return text + utf8.flush();
}

std::string random_bytes(std::mt19937& random, const std::string& alphabet, size_t count) {
    std::string bytes;
    for (size_t i = 0; i < count; ++i) bytes += alphabet[random() % alphabet.size()];
    return bytes;
}

/// Pieces of 1 to `longest` bytes, empty ones between.
std::vector<std::string_view> random_pieces(std::mt19937& random, std::string_view bytes, size_t longest) {
    std::vector<std::string_view> pieces;
    while (!bytes.empty()) {
        pieces.push_back(bytes.substr(0, random() % (longest + 1)));
        bytes.remove_prefix(pieces.back().size());
    }
    return pieces;
}

/// Streams the pieces and compares: the whole, and that each part was right when it was given out.
void check_stream(const std::vector<std::string_view>& pieces, const std::string& bytes,
                  const Strings& stops) {
    const auto expected = plain_search(bytes, stops);
    const std::string raw = expected ? bytes.substr(0, expected->bytes_before) : bytes;
    StopFilter filter(stops);
    TextStream stream(stops);
    std::string passed, text;
    bool never_wrong = true;
    for (const std::string_view piece : pieces) {
        passed += filter.push(piece);
        text += stream.push(piece);
        never_wrong &= raw.starts_with(passed) && plain_text(raw).starts_with(text);
    }
    passed += filter.finish();
    text += stream.finish();
    CHECK(never_wrong);
    CHECK(passed == raw);
    CHECK(text == plain_text(raw));
    CHECK(filter.stop() == expected);
    CHECK(stream.stop() == expected);
    CHECK(filter.push("more") == (expected ? "" : "more"));
}

TEST_CASE("random bytes and stop strings of a tiny alphabet, in random pieces") {
    std::mt19937 random(1);
    for (const std::string& alphabet :
         {std::string("ab"), std::string("ab\n"), std::string("a\xc3\xa9\xe2\x82\xac")}) {
        for (int round = 0; round < 1500; ++round) {
            Strings stops(random() % 4);
            for (std::string& stop : stops) stop = random_bytes(random, alphabet, 1 + random() % 6);
            const std::string bytes = random_bytes(random, alphabet, random() % 40);
            INFO("round ", round);
            check_stream(random_pieces(random, bytes, 1 + random() % 8), bytes, stops);
        }
    }
}

TEST_CASE("every cut in two gives the same") {
    const Strings stops = {"\n\nUser:", "\n\n\n", "\xe2\x82\xac!"};
    for (const std::string& bytes :
         {std::string("One.\n\nTwo \xe2\x82\xac.\n\nUser: three"), std::string("a\n\n\n\nUser:"),
          std::string("x\xe2\x82\n\nUser"), std::string("5 \xe2\x82\xac!\n")}) {
        for (size_t cut = 0; cut <= bytes.size(); ++cut) {
            const std::string_view view = bytes;
            check_stream({view.substr(0, cut), view.substr(cut)}, bytes, stops);
        }
    }
}

TEST_CASE("the leftmost stop wins though another ends first, and of equal beginnings the longest") {
    StopFilter filter(Strings{"bc", "abcd"});
    CHECK(filter.push("xabc") == "x");
    CHECK_FALSE(filter.stopped());
    CHECK(filter.push("d!") == "");
    CHECK(filter.stop() == StopFilter::Stop{1, 1});

    StopFilter other(Strings{"bc", "abcd"});
    CHECK(other.push("xabc") == "x");
    CHECK(other.push("e") == "a");
    CHECK(other.stop() == StopFilter::Stop{0, 2});

    StopFilter longest(Strings{"\n\n", "\n\nUser:"});
    CHECK(longest.push("Yes.\n\nUser") == "Yes.");
    CHECK_FALSE(longest.stopped());
    CHECK(longest.finish() == "");
    CHECK(longest.stop() == StopFilter::Stop{0, 4});
}

TEST_CASE("only what may still become a stop string is held back") {
    StopFilter filter(Strings{"stop"});
    CHECK(filter.push("a sto") == "a ");
    CHECK(filter.held_bytes() == 3);
    CHECK(filter.push("st") == "sto");
    CHECK(filter.push("op and more") == "");
    CHECK(filter.stopped());
    CHECK(filter.push("more") == "");
    CHECK(filter.finish() == "");
    CHECK(filter.stop() == StopFilter::Stop{0, 5});

    StopFilter none(Strings{});
    CHECK(none.push("all of it") == "all of it");
    CHECK_FALSE(none.stopped());
}

TEST_CASE("a character cut by a stop becomes U+FFFD, one in waiting is not shown") {
    TextStream stream(Strings{"\n\n"});
    CHECK(stream.push("caf\xc3") == "caf");
    CHECK(stream.push("\xa9\n") == "\xc3\xa9");
    CHECK(stream.push("x\xe2\x82") == "\nx");
    CHECK(stream.push("\n\n") == "\xef\xbf\xbd");
    CHECK(stream.stopped());
    CHECK(stream.finish() == "");
}

TEST_CASE("long stop strings that begin alike, byte by byte") {
    Strings stops(64, std::string(64, 'a'));
    for (size_t i = 0; i < stops.size(); ++i) stops[i][i] = 'b';
    StopFilter filter(stops);
    std::string passed;
    const std::string bytes(63, 'a');
    for (int round = 0; round < 20'000; ++round) {
        for (const char byte : bytes) passed += filter.push({&byte, 1});
        passed += filter.push("c");
    }
    CHECK_FALSE(filter.stopped());
    CHECK(passed.size() == 20'000 * 64);
}

TEST_CASE("empty stop strings, too many and too long ones are refused") {
    const auto refused = [](const Strings& stops) {
        return test::refusal_of([&] { StopFilter{stops}; }, Code::bad_argument);
    };
    test::check_contains(refused({"a", ""}), "empty");
    test::check_contains(refused(Strings(65, "a")), "at most 64");
    test::check_contains(refused({std::string(4000, 'a'), std::string(97, 'b')}), "4096");
    StopFilter largest(Strings{std::string(4000, 'a'), std::string(96, 'b')});
    CHECK(largest.push(std::string(5000, 'a')) == "");
    CHECK(largest.stopped());
}

}  // namespace
