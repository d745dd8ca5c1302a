// Vocabulary files of every kind, told apart by their contents, within the bound on memory. Own executable:
// allocation_meter.cpp replaces operator new.

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "runtime/load/gguf/gguf_vocabulary.h"
#include "runtime/load/vocabulary/json_vocabulary.h"
#include "runtime/model/vocabulary_file.h"
#include "runtime/write/embedded_vocabulary.h"
#include "tests/support/allocation_meter.h"
#include "tests/support/bpe_vocabulary.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/reference_folder.h"
#include "tests/support/refusal.h"

namespace {

using namespace rwkvk;
using text::Token;
using Ids = std::vector<Token>;
using namespace std::string_literals;
using test::check_contains;
using test::refusal_of;

std::unique_ptr<text::Tokenizer> parse(const std::string& contents) {
    return parse_vocabulary(contents, "v");
}

TEST_CASE("ids with texts or bytes") {
    const auto tokenizer = parse(R"( {"1": "a", "2": [98, 255], "7": "é", "9": "ab\n", "10": ""} )");
    CHECK(tokenizer->encode("aab\nb\xff\xc3\xa9") == Ids{1, 9, 2, 7});
    CHECK(tokenizer->vocabulary() == 10);
    CHECK(tokenizer->end_of_text() == 0);
    CHECK(tokenizer->decode(Token{2}) == "b\xff");
    CHECK(tokenizer->decode(Token{8}).empty());
    check_contains(refusal_of([&] { tokenizer->encode("ab"); }, Code::bad_text), "offset 1");
}

TEST_CASE("ids with texts that cannot be are refused") {
    const auto refused = [](const std::string& contents, const char* part) {
        INFO(contents);
        check_contains(refusal_of([&] { parse(contents); }, Code::bad_file), part);
    };
    refused("{}", "no tokens");
    refused(R"({"1": ""})", "no tokens");
    refused(R"({"a": 1})", "expected decimal ids as keys");
    refused(R"({"": "a"})", "expected decimal ids");
    refused(R"({"-1": "a"})", "expected decimal ids");
    refused(R"({"1048577": "a"})", "id 1048577");
    refused(R"({"1": "a", "01": "b"})", "the id 1");
    refused(R"({"1": "a", "2": [97]})", "same bytes");
    refused(R"({"1": [256]})", "found 256");
    refused(R"({"1": [1.5]})", "v");
    refused(R"({"1": 2})", "v");
    refused(R"({"1": "a")", "v");
    refused("{\"1\": \"" + std::string(4097, 'a') + "\"}", "4097 bytes");
    refused("1 '" + std::string(4097, 'a') + "' 4097\n", "4097 bytes");
}

std::string utf16(const std::u16string& text, bool swapped) {
    std::string bytes = swapped ? "\xfe\xff" : "\xff\xfe";
    for (const char16_t unit : text) {
        const char low = static_cast<char>(unit & 0xff), high = static_cast<char>(unit >> 8);
        bytes += swapped ? std::string{high, low} : std::string{low, high};
    }
    return bytes;
}

TEST_CASE("characters, in UTF-16 too, with one that stands for the unknown") {
    const std::u16string file =
        u"{\"0\": \"\\n\", \"1\": \"\u4f60\", \"2\": \"\U0001f600\", \"3\": \"\ue083\"}";
    for (const bool swapped : {false, true}) {
        const auto tokenizer = parse(utf16(file, swapped));
        CHECK(tokenizer->end_of_text() == -1);
        CHECK(tokenizer->encode("\xe4\xbd\xa0\n\xf0\x9f\x98\x80") == Ids{1, 0, 2});
        CHECK(tokenizer->encode("x\xe5\xa5\xbd\xff\xe4\xbd") == Ids{3, 3, 3, 3});
    }
    refusal_of([&] { parse(utf16(u"{\"0\": \"a\"", false) + "x"); }, Code::bad_file);
    std::u16string half = u"{\"0\": \"?\"}";
    half[7] = 0xd800;
    check_contains(refusal_of([&] { parse(utf16(half, true)); }, Code::bad_file), "half a character");
    CHECK(parse("\xef\xbb\xbf{\"0\": \"a\"}")->encode("a") == Ids{0});
    refusal_of([] { parse("{\"0\": \"a\"}")->encode("b"); }, Code::bad_text);
    // A file would lose the unknown character, and the text of id 0.
    CHECK_FALSE(embedded_vocabulary(*parse(utf16(file, false))).has_value());
    CHECK_FALSE(embedded_vocabulary(*parse("{\"0\": \"a\"}")).has_value());
    CHECK(embedded_vocabulary(*parse("{\"1\": \"a\"}"))->tokens == std::vector<std::string>{"", "a"});
    // Only where all are characters.
    refusal_of([] { parse("{\"0\": \"ab\", \"1\": \"\xee\x82\x83\"}")->encode("x"); }, Code::bad_text);
}

TEST_CASE("a small vocabulary in the World syntax, with gaps") {
    const auto tokenizer = parse(
        "\xef\xbb\xbf"
        "3 'NEXT ' 5\n9 '<input>\\n' 8\r\n12 '\\u25cb ' 4");
    CHECK(tokenizer->encode("NEXT <input>\n\xe2\x97\x8b ") == Ids{3, 9, 12});
    CHECK(tokenizer->vocabulary() == 13);
    CHECK(tokenizer->decode(Token{4}).empty());
}

TEST_CASE("the longest match, also among tokens with zeros and common beginnings") {
    std::mt19937 random(4);
    for (int round = 0; round < 60; ++round) {
        std::vector<std::string> tokens = {"", std::string(1, '\0'), "\1"s, "\2"s};
        while (tokens.size() < 60) {
            std::string token = random() % 2 ? tokens[random() % tokens.size()] : "";
            for (size_t count = 1 + random() % 9; count > 0; --count)
                token += static_cast<char>(random() % 3);
            if (std::ranges::find(tokens, token) == tokens.end()) tokens.push_back(token);
        }
        const auto tokenizer = text::make_world_tokenizer(tokens, {});
        std::string given;
        for (int i = 0; i < 300; ++i) given += static_cast<char>(random() % 3);
        size_t at = 0;
        for (const Token id : tokenizer->encode(given)) {
            size_t longest = 0;
            for (const std::string& token : tokens) {
                if (token.size() > longest && given.compare(at, token.size(), token) == 0)
                    longest = token.size();
            }
            CHECK(tokens.at(id) == given.substr(at, longest));
            at += longest;
        }
        CHECK(at == given.size());
    }
}

TEST_CASE("the World vocabulary undoes its decoding and encoding on 100,000 random strings of bytes") {
    const auto vocabulary = test::reference("golden/tokenizer/rwkv_vocab_v20230424.txt");
    if (!vocabulary) return;
    const auto tokenizer = open_vocabulary(vocabulary->string());
    std::mt19937 random(5);
    size_t wrong = 0;
    for (int round = 0; round < 100000; ++round) {
        std::string bytes;
        for (size_t count = random() % 40; count > 0; --count)
            bytes += static_cast<char>(round % 2 ? random() : ' ' + random() % 95);
        const Ids ids = tokenizer->encode(bytes);
        const std::string decoded = tokenizer->decode(std::span<const Token>(ids));
        wrong += decoded != bytes || tokenizer->encode(decoded) != ids;
    }
    CHECK(wrong == 0);
}

TEST_CASE("Qwen2's vocabulary in a GGUF file") {
    using namespace test::gguf;
    std::vector<std::string> tokens;
    for (uint32_t byte = 0; byte < 256; ++byte) tokens.push_back(test::byte_level(byte));
    const std::string space = test::byte_level(' ');
    for (const std::string& token : {space + "a", space + "ab", "<|im_end|>"s, "<x>"s, "[PAD260]"s})
        tokens.push_back(token);
    std::vector<int32_t> types(tokens.size(), 1);
    types[258] = 3, types[259] = 4, types[260] = 5;
    const auto vocabulary_of = [&](const std::vector<std::string>& merges, const char* pre = "qwen2") {
        const std::string bytes =
            entry_text("tokenizer.ggml.model", "gpt2") + entry_text("tokenizer.ggml.pre", pre) +
            entry_texts("tokenizer.ggml.tokens", tokens) + entry_texts("tokenizer.ggml.merges", merges) +
            entry_i32s("tokenizer.ggml.token_type", types) + entry_u32("tokenizer.ggml.eos_token_id", 258);
        load::ByteReader in(std::as_bytes(std::span(bytes)), "g");
        return load::read_gguf_vocabulary(load::GgufMetadata(in, 6, bytes.size()), "g");
    };
    const auto vocabulary = vocabulary_of({space + " a", space + "a b"});
    REQUIRE(vocabulary.has_value());
    const auto tokenizer = make_tokenizer(*vocabulary);
    CHECK(tokenizer->encode("a ab 12<|im_end|><x>[PAD260]").size() == 15);
    CHECK(tokenizer->encode(" ab<|im_end|> a<x>") == Ids{257, 258, 256, 259});
    CHECK(tokenizer->encode_as_text(" ab<|im_end|><x>").size() == 12);  // <x> is no special token
    CHECK(tokenizer->special_token("<|im_end|>x")->id == 258);
    CHECK(!tokenizer->special_token("<x>"));
    CHECK(tokenizer->encode("e\xcc\x81").size() == 2);
    CHECK(tokenizer->end_of_text() == 258);
    CHECK(tokenizer->decode(Token{257}) == " ab");
    CHECK(tokenizer->decode(Token{260}).empty());
    CHECK_FALSE(vocabulary_of({}, "llama-bpe").has_value());
    const auto refused = [&](const std::vector<std::string>& merges) {
        return refusal_of([&] { vocabulary_of(merges); }, Code::bad_file);
    };
    check_contains(refused({space + "a b", "a"}), "merge 1 is 'a'");
    check_contains(refused({"a b"}), "merge 0");
    check_contains(refused({"<x> a"}), "merge 0");
}

/// The most that a file may cost: four times its size and 16 MiB.
void check_memory(const char* name, const std::string& contents) {
    INFO(name, ", ", contents.size(), " bytes");
    const test::AllocationMeter meter;
    try {
        const uint32_t size = parse(contents)->vocabulary();
        CHECK(size > 0);
    } catch (const Error& error) {
        CHECK(error.what()[0] != '\0');
    }
    CHECK(meter.peak_bytes() <= 4 * contents.size() + (size_t{16} << 20));
}

std::string many(size_t count, const std::function<std::string(size_t)>& one) {
    std::string all;
    for (size_t i = 0; i < count; ++i) all += one(i);
    return all;
}

/// A different text for every number, as short as can be.
std::string name_of(size_t number) {
    std::string name;
    for (; number > 0 || name.empty(); number /= 64) name += static_cast<char>('0' + number % 64);
    std::ranges::replace(name, '\\', '~');
    return name;
}

TEST_CASE("reading stays within its bound whatever a vocabulary says") {
    const auto line = [](size_t id, const std::string& token) {
        return std::to_string(id) + " '" + token + "' " + std::to_string(token.size()) + "\n";
    };
    check_memory("lines", many(600000, [&](size_t i) { return line(i, name_of(i)); }));
    check_memory("a far id", line(1048576, "a"));
    check_memory("long tokens",
                 many(3000, [&](size_t i) { return line(i, std::string(4000, 'a') + name_of(i)); }));
    check_memory("empty lines", std::string(2000000, '\n'));
    check_memory("ids", "{" + many(600000, [&](size_t i) {
                            return (i ? ",\"" : "\"") + std::to_string(i) + "\":\"" + name_of(i) + "\"";
                        }) + "}");
    check_memory("bytes", "{\"0\":[1" + many(1000000, [](size_t) { return ",1"; }) + "]}");
    const std::string head = R"({"pre_tokenizer":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{)";
    const auto token = [](size_t i) { return (i ? ",\"" : "\"") + name_of(i) + "\":" + std::to_string(i); };
    check_memory("a vocabulary of BPE", head + many(600000, token) + "},\"merges\":[]}}");
    check_memory("a gap", head + "\"a\":1048576},\"merges\":[]}}");
    check_memory("merges", head + R"("a":0,"aa":1},"merges":["a a")" +
                               many(500000, [](size_t) { return ",\"a a\""; }) + "]}}");
    check_memory("too many bytes", std::string((size_t{1} << 24) + 1, ' '));
}

}  // namespace
