// JSON headers, against another parser and against files that want to be more than they are.
#include "runtime/load/json.h"

#include <doctest/doctest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/support/allocation_meter.h"
#include "tests/support/refusal.h"

using namespace rwkvk::load;
using namespace rwkvk::test;
using rwkvk::Code;
using rwkvk::Error;

namespace {

std::string refusal(const std::string& text) {
    return refusal_of([&] { Json(text, "some.file: header"); }, Code::bad_file);
}

template <typename Read>
std::string misread(const std::string& text, Read read) {
    const Json json(text, "some.file: header");
    return refusal_of([&] { read(json.root()); }, Code::bad_file);
}

void check_same(const JsonValue& value, const nlohmann::json& expected);

void check_same_number(const JsonNumber& number, const nlohmann::json& expected) {
    if (const auto* integer = std::get_if<uint64_t>(&number)) CHECK(*integer == expected.get<uint64_t>());
    if (const auto* integer = std::get_if<int64_t>(&number)) CHECK(*integer == expected.get<int64_t>());
    if (const auto* real = std::get_if<double>(&number)) CHECK(*real == expected.get<double>());
}

void check_same_items(const JsonValue& value, const nlohmann::json& expected) {
    size_t count = 0;
    for (const JsonValue item : value.items()) {
        REQUIRE(count < expected.size());
        check_same(item, expected[count++]);
    }
    CHECK(count == expected.size());
}

void check_same_members(const JsonValue& value, const nlohmann::json& expected) {
    size_t count = 0;
    value.for_each_member([&](const JsonValue& key, const JsonValue& member) {
        ++count;
        REQUIRE(expected.contains(key.text()));
        check_same(member, expected[key.text()]);
    });
    CHECK(count == expected.size());
}

void check_same(const JsonValue& value, const nlohmann::json& expected) {
    switch (value.kind()) {
        case JsonKind::null:
            CHECK(expected.is_null());
            return;
        case JsonKind::boolean:
            CHECK(value.boolean() == expected.get<bool>());
            return;
        case JsonKind::number:
            return check_same_number(value.number(), expected);
        case JsonKind::text:
            CHECK(value.text() == expected.get<std::string>());
            return;
        case JsonKind::array:
            return check_same_items(value, expected);
        case JsonKind::object:
            return check_same_members(value, expected);
    }
}

/// What the other parser accepts and this one must not.
bool is_stricter_here(const std::string& message) {
    for (const char* reason : {"is there already", "nested arrays", "in double's range"}) {
        if (message.find(reason) != message.npos) return true;
    }
    return false;
}

/// Both parsers agree about a text. Reads a copy that ends where its allocation ends, for the sanitizer.
void check_agreement(const std::string& text) {
    INFO(text);
    const auto copy = std::make_unique<char[]>(text.size());
    std::copy(text.begin(), text.end(), copy.get());
    const auto expected = nlohmann::json::parse(text, nullptr, /*allow_exceptions*/ false);
    try {
        const Json json({copy.get(), text.size()}, "mutated");
        REQUIRE_FALSE(expected.is_discarded());
        check_same(json.root(), expected);
    } catch (const Error& error) {
        const std::string message = error.what();
        CHECK_MESSAGE((expected.is_discarded() || is_stricter_here(message)), message);
    }
}

const std::vector<std::string>& samples() {
    static const std::vector<std::string> texts = {
        R"({"__metadata__":{"format":"pt"},"emb.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}} )",
        R"([0, -0, 1, 18446744073709551615, 18446744073709551616, -9223372036854775808, -9223372036854775809])",
        R"([0.5, -1.25e3, 1E+2, 3e-7, 0e0, 123456789012345678901234567890])",
        R"(["", "\"\\\/\b\f\n\r\t", "\u0041\u00e9\u4e2d\ud83d\ude00", "é中😀", "\u0000"])",
        R"( { "a" : [ ] , "b" : { } , "c" : [ true , false , null , [ [ { "d" : "e" } ] ] ] } )",
        R"("text")",
        "7",
    };
    return texts;
}

std::string mutated(std::string text, std::mt19937_64& random) {
    static const std::string bytes = "{}[],:\"\\u0e-+.1dE nft\x01\x7f\x80\xbf\xc3\xed\xf0\xff";
    for (size_t edits = 1 + random() % 3; edits > 0 && !text.empty(); --edits) {
        const size_t at = random() % text.size();
        const size_t count = 1 + random() % 4;
        switch (random() % 4) {
            case 0:
                text[at] = bytes[random() % bytes.size()];
                break;
            case 1:
                text.erase(at, count);
                break;
            case 2:
                text.insert(at, 1, bytes[random() % bytes.size()]);
                break;
            default:
                text.insert(at, text.substr(random() % text.size(), 4 * count));
        }
    }
    return text;
}

std::string repeated(const std::string& piece, size_t times) {
    std::string out;
    for (size_t i = 0; i < times; ++i) out += piece;
    return out;
}

}  // namespace

TEST_CASE("good texts read as another parser reads them, cut off anywhere they are refused by both") {
    for (const std::string& text : samples()) {
        REQUIRE(nlohmann::json::accept(text));
        for (size_t size = 0; size <= text.size(); ++size) check_agreement(text.substr(0, size));
    }
}

TEST_CASE("mutated texts read as another parser reads them") {
    for (uint64_t seed = 0; seed < 20'000; ++seed) {
        INFO("seed ", seed);
        std::mt19937_64 random(seed);
        check_agreement(mutated(samples()[seed % samples().size()], random));
    }
}

TEST_CASE("numbers keep every digit that fits 64 bits") {
    const std::string text = "[18446744073709551615, -9223372036854775808, 18446744073709551616, 1.0]";
    const Json json(text, "numbers");
    std::vector<JsonNumber> numbers;
    for (const JsonValue item : json.root().items()) numbers.push_back(item.number());
    CHECK(numbers == std::vector<JsonNumber>{UINT64_MAX, INT64_MIN, 18446744073709551616.0, 1.0});
}

TEST_CASE("refusals say the file, the byte, what was expected and what was found") {
    CHECK(refusal("[1,]") ==
          "some.file: header: expected a value at byte 3, found ']'; the file is damaged or "
          "incomplete, fetch it again");
    check_contains(refusal(""), "expected a value at byte 0, found the end");
    check_contains(refusal("{\"a\":1"), "expected ',' or '}' at byte 6, found the end");
    check_contains(refusal("{1:2}"), "expected a key in quotes at byte 1, found '1'");
    check_contains(refusal("{\"a\" 1}"), "expected ':' at byte 5");
    check_contains(refusal("[1 2]"), "expected ',' or ']' at byte 3");
    check_contains(refusal("1 2"), "expected nothing after the value at byte 2");
    check_contains(refusal("nul"), "expected a value at byte 0");
    check_contains(refusal("\"a\n\""), "expected the rest of a string at byte 2");
    check_contains(refusal("\"\xc0\xaf\""), "expected UTF-8 at byte 1");
    check_contains(refusal("\"\xed\xa0\x80\""), "expected UTF-8 at byte 1");
    check_contains(refusal("\"\\x\""), "after a backslash at byte 2, found 'x'");
    check_contains(refusal("\"\\u12g4\""), "expected four hexadecimal digits at byte 3");
    check_contains(refusal("\"\\udc00\""), "first half of a surrogate pair at byte 1");
    check_contains(refusal("\"\\ud800\\u0041\""), "second half of a surrogate pair at byte 7");
    check_contains(refusal("01"), "expected nothing after the value at byte 1");
    check_contains(refusal("-"), "expected a digit at byte 1");
    check_contains(refusal("1e999"), "expected a number in double's range at byte 0");
    check_contains(refusal("\xef\xbb\xbf{}"), "expected a value at byte 0, found '?'");
}

TEST_CASE("a key that an object has twice is refused, however it is written") {
    check_contains(refusal(R"({"a":1,"b":2,"a":3})"), "the key 'a' at byte 13 is there already");
    check_contains(refusal(R"({"abc":1,"\u0061b\u0063":2})"), "the key 'abc' at byte 9 is there already");
    check_contains(refusal(R"([{"x":{"":0,"":0}}])"), "the key '' at byte 12 is there already");
    const std::string text = R"({"a":{"a":1},"b":{"a":2}})";
    CHECK(Json(text, "nested").root().member("b").member("a").unsigned_integer() == 2);
}

TEST_CASE("a long key is compared with many short ones in linear time") {
    // Quadratic time would be hours.
    std::string text = "{\"\\n" + std::string(4'000'000, 'k') + "\":0";
    for (size_t i = 0; i < 100'000; ++i) text += ",\"" + std::to_string(i) + "\":0";
    CHECK_NOTHROW(Json(text + "}", "long key"));
}

TEST_CASE("values that are not of the expected kind are refused") {
    CHECK(
        misread("[1]", [](JsonValue root) { root.text(); }) ==
        "some.file: header: expected a string at byte 0, found an array; the file is damaged or incomplete, "
        "fetch it again");
    check_contains(misread("\"x\"", [](JsonValue root) { root.items(); }), "expected an array");
    check_contains(misread("1", [](JsonValue root) { root.member("a"); }), "expected an object");
    check_contains(misread("null", [](JsonValue root) { root.boolean(); }), "expected true or false");
    check_contains(misread("{}", [](JsonValue root) { root.number(); }), "expected a number");
    check_contains(misread("-1", [](JsonValue root) { root.unsigned_integer(); }), "a whole number from 0");
    check_contains(misread("1.0", [](JsonValue root) { root.unsigned_integer(); }), "a whole number from 0");
    check_contains(misread("{\"a\":1}", [](JsonValue root) { root.member("b"); }), "expected the key 'b'");
}

TEST_CASE("nesting is bounded and costs no stack") {
    CHECK_NOTHROW(Json(repeated("[", 16) + repeated("]", 16), "deep"));
    check_contains(refusal(repeated("[", 17) + repeated("]", 17)), "no more than 16 nested");
    check_contains(refusal(repeated("{\"a\":", 1'000'000)), "no more than 16 nested");
}

TEST_CASE("parsing takes about four times the size of the text at most") {
    std::string keys = "{";
    for (size_t i = 0; i < 200'000; ++i) keys += (i ? ",\"" : "\"") + std::to_string(i) + "\":0";
    std::string escaped = "{";
    for (size_t i = 0; i < 200'000; ++i) escaped += (i ? ",\"\\n" : "\"\\n") + std::to_string(i) + "\":0";
    for (const std::string& text :
         {"[" + repeated("1,", 1'000'000) + "1]", "[" + repeated("[],", 1'000'000) + "1]", keys + "}",
          escaped + "}", "\"" + repeated("\\n", 1'000'000) + "\"",
          "[" + repeated("\"\",", 1'000'000) + "1]"}) {
        INFO(text.substr(0, 10));
        const AllocationMeter meter;
        const Json json(text, "large");
        CHECK(meter.peak_bytes() <= 4 * text.size() + text.size() / 8 + 65536);
    }
}

TEST_CASE("what is quoted for JSON reads back") {
    std::string all;
    for (char c = 0; c < 127; ++c) all += c;
    all += "\x7f é 中 😀";
    const std::string text = json_quoted(all);
    CHECK(Json(text, "quoted").root().text() == all);
    CHECK(nlohmann::json::parse(text).get<std::string>() == all);
    refusal_of([] { json_quoted("\xff"); }, Code::bad_text);
}
