// Byte-level BPE: merging against the definition, normal forms against utf8proc's own, the golden cases of
// the 20B vocabulary, and hostile texts.

#include <doctest/doctest.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "runtime/model/vocabulary_file.h"
#include "runtime/text/bpe_merger.h"
#include "runtime/text/bpe_pattern.h"
#include "runtime/text/prompt.h"
#include "runtime/text/unicode.h"
#include "tests/support/bpe_vocabulary.h"
#include "tests/support/reference_folder.h"
#include "tests/support/refusal.h"

namespace {

using namespace rwkvk;
using namespace rwkvk::text;
using test::check_contains;
using test::refusal_of;

std::vector<std::string> pieces(std::string_view text, BpePattern pattern) {
    std::vector<std::string> all;
    while (!text.empty()) {
        all.emplace_back(text.substr(0, first_bpe_piece(text, pattern)));
        text.remove_prefix(all.back().size());
    }
    return all;
}

using Pieces = std::vector<std::string>;

TEST_CASE("the pattern of GPT-2 parts text as its regular expression does") {
    const auto parts = [](std::string_view text) { return pieces(text, BpePattern::gpt2); };
    CHECK(parts("").empty());
    CHECK(parts("it's I'VE we'll'd") == Pieces{"it", "'s", " I", "'", "VE", " we", "'ll", "'d"});
    CHECK(parts("a  b   12 ?! ") == Pieces{"a", " ", " b", "  ", " 12", " ?!", " "});
    CHECK(parts("a \n\n b\t\tc") == Pieces{"a", " \n\n", " b", "\t", "\t", "c"});
    CHECK(parts("x1y\xc2\xb2_") == Pieces{"x", "1", "y", "\xc2\xb2", "_"});  // a superscript is a number
    CHECK(parts("\xe3\x80\x80 \xe4\xbd\xa0") ==
          Pieces{"\xe3\x80\x80", " \xe4\xbd\xa0"});                        // ideographic space
    CHECK(parts("e\xcc\x81x") == Pieces{"e", "\xcc\x81", "x"});            // a mark is no letter
    CHECK(parts("a\xff\xe2\x82 b") == Pieces{"a", "\xff\xe2\x82", " b"});  // not UTF-8
    CHECK(parts("\x1c\xe1\xa0\x8e ") == Pieces{"\x1c\xe1\xa0\x8e", " "});  // neither is white space
    CHECK(parts("\xe2\x85\xa7\xf0\x9d\x9f\x98") ==
          Pieces{"\xe2\x85\xa7\xf0\x9d\x9f\x98"});  // roman 8, bold 0
}

TEST_CASE("the pattern of Qwen2 parts text as its regular expression does") {
    const auto parts = [](std::string_view text) { return pieces(text, BpePattern::qwen2); };
    CHECK(parts("it'S I'VE") == Pieces{"it", "'S", " I", "'VE"});
    CHECK(parts("x'\xc5\xbf") == Pieces{"x", "'\xc5\xbf"});  // the long s
    CHECK(parts("123 4") == Pieces{"1", "2", "3", " ", "4"});
    CHECK(parts("(ab)\tc\nd") == Pieces{"(ab", ")", "\tc", "\n", "d"});
    CHECK(parts("!!\n\r\n  x") == Pieces{"!!\n\r\n", " ", " x"});
    CHECK(parts("a  \n \n  b") == Pieces{"a", "  \n \n", " ", " b"});
    CHECK(parts("   ") == Pieces{"   "});
    CHECK(parts("\xff"
                "a \xff\n") == Pieces{"\xff"
                                      "a",
                                      " \xff\n"});
}

/// The definition: the pair of the lowest rank, the leftmost of those, until there is none.
std::vector<Token> merged_naively(const std::vector<BpeMerge>& merges, std::vector<Token> tokens) {
    for (;;) {
        size_t best = merges.size(), place = 0;
        for (size_t i = 0; i + 1 < tokens.size(); ++i) {
            for (size_t rank = 0; rank < best; ++rank) {
                if (merges[rank].left == tokens[i] && merges[rank].right == tokens[i + 1])
                    best = rank, place = i;
            }
        }
        if (best == merges.size()) return tokens;
        tokens[place] = merges[best].result;
        tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(place) + 1);
    }
}

TEST_CASE("merging with a heap is merging by the definition") {
    std::mt19937 random(1);
    size_t merged = 0;
    for (int round = 0; round < 300; ++round) {
        std::vector<BpeMerge> merges;
        for (Token id = 3; id < 40; ++id) {
            merges.push_back({Token(random() % id), Token(random() % id), id});
            if (random() % 8 == 0) merges.push_back(merges.front());  // twice
        }
        std::ranges::shuffle(merges, random);
        const MergeTable table(merges, 40);
        BpeMerger merger(table);
        for (const size_t count : {0u, 1u, 2u, 3u, 7u, 33u, 100u}) {
            std::vector<Token> tokens, found;
            for (size_t i = 0; i < count; ++i) tokens.push_back(random() % 3);
            merger.merge(tokens, found);
            INFO("round ", round, ", ", count, " tokens");
            CHECK(found == merged_naively(merges, tokens));
            merged += tokens.size() - found.size();
        }
    }
    CHECK(merged > 1000);
}

std::string nfc_of_utf8proc(const std::string& text) {
    utf8proc_uint8_t* made = utf8proc_NFC(reinterpret_cast<const utf8proc_uint8_t*>(text.c_str()));
    REQUIRE(made);
    const std::string result(reinterpret_cast<const char*>(made));
    std::free(made);
    return result;
}

TEST_CASE("normal form C") {
    CHECK(nfc("e\xcc\x81") == "\xc3\xa9");
    CHECK(nfc("\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8") == "\xea\xb0\x81");  // Hangul
    CHECK(nfc("\xe2\x84\xab") == "\xc3\x85");                              // the angstrom sign
    CHECK(nfc("\xe0\xa5\x98") == "\xe0\xa4\x95\xe0\xa4\xbc");              // excluded from composition
    CHECK(nfc("\xc3\xaa\xcc\xa3") == "\xe1\xbb\x87");                      // marks change places
    CHECK(nfc("\xef\xac\x81") == "\xef\xac\x81");                          // a ligature stays
    CHECK(nfc("e\xff\xcc\x81 e\xcc\x81\xcc") == "e\xff\xcc\x81 \xc3\xa9\xcc");
    // Characters that compose, decompose, change places, and others.
    const uint32_t base[] = {0x20,   0x41,   0x65,   0xea,   0x300,  0x301,  0x302,   0x323,
                             0x327,  0x345,  0x5b0,  0x5bc,  0x915,  0x93c,  0x958,   0x1100,
                             0x1161, 0x11a8, 0xac00, 0x1e69, 0x2126, 0x212b, 0x1d15e, 0xfb1d};
    std::mt19937 random(2);
    size_t changed = 0;
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        for (size_t count = 1 + random() % 12; count > 0; --count) {
            const uint32_t any = 1 + random() % 0x2ffff;
            const uint32_t one = random() % 4 ? base[random() % std::size(base)] : any;
            if (is_unicode_scalar(one)) append_utf8(text, one);
        }
        INFO(text);
        const std::string normal = nfc(text);
        CHECK(normal == nfc_of_utf8proc(text));
        changed += normal != text;
    }
    CHECK(changed > 5000);
}

TEST_CASE("text is parted, normalised and merged as tokenizer.json says") {
    const auto tokenizer = parse_vocabulary(test::bpe_json(), "tokenizer.json");
    CHECK(tokenizer->name() == "bpe");
    CHECK(tokenizer->end_of_text() == 0);
    CHECK(tokenizer->vocabulary() == 265);
    const auto encode = [&](const std::string& text) { return tokenizer->encode(text); };
    const Token a = 1 + 'a', b = 1 + 'b', space = 1 + ' ';
    CHECK(encode("").empty());
    CHECK(encode("aaab") == std::vector<Token>{257, 258});  // aa, ab
    CHECK(encode("<|endoftext|>ab") == std::vector<Token>{0, 258});
    CHECK(encode("<|endoftext|") != std::vector<Token>{0});
    CHECK(encode("a     b") == std::vector<Token>{a, 264, 263, b});  // five spaces: three and two
    CHECK(encode("a b") == std::vector<Token>{a, space, b});
    CHECK(encode("e\xcc\x81") == std::vector<Token>{261});  // composed, then one token
    CHECK(encode("\xff\xfe") == std::vector<Token>{256, 255});
    for (const std::string text : {"a   bcd<|endoftext|>\n\xff\xc3\xa9\xf0\x9f\x98\x80", "\xe2\x82", ""})
        CHECK(tokenizer->decode(std::span<const Token>(encode(text))) == text);
    CHECK(tokenizer->decode(Token{265}).empty());
}

TEST_CASE("special tokens can be taken as the text that they look like") {
    const auto tokenizer = parse_vocabulary(test::bpe_json(), "tokenizer.json");
    const std::string text = "ab   <|endoftext|>";
    const std::vector<Token> ids = tokenizer->encode_as_text(text);
    CHECK(std::ranges::count(ids, Token{0}) == 0);
    CHECK(tokenizer->decode(std::span<const Token>(ids)) == text);
    CHECK(ids[0] == 258);
    CHECK(ids[1] == 264);  // three spaces are an added token, but no special one
    CHECK(tokenizer->special_token("<|endoftext|>x")->size_bytes == 13);
    for (const char* other : {"", "x<|endoftext|>", "<|endoftext|", "   "})
        CHECK(!tokenizer->special_token(other));
    const text::Prompt prompt =
        text::Prompt("<|endoftext|>a").add_message("<|endoftext|>").add_words("b<|endoftext|>");
    std::vector<Token> expected = tokenizer->encode_as_text("a<|endoftext|>b");
    expected.insert(expected.begin(), 0);
    expected.push_back(0);
    CHECK(prompt.encode(*tokenizer) == expected);
}

TEST_CASE("hostile texts are merged in near-linear time") {
    const auto tokenizer = parse_vocabulary(test::bpe_json(), "tokenizer.json");
    constexpr size_t size = 1000003;
    const std::string one_letter(size, 'a');
    CHECK(tokenizer->encode(one_letter).size() == size / 4 + 2);  // aaaa, and three letters as aa a
    const std::string spaces(size, ' ');
    CHECK(tokenizer->encode(spaces).size() == size / 3 + 1);
    std::string marks = "e";  // in the wrong order, as many as there is room for
    for (size_t i = 0; i < size / 4; ++i) marks += i % 2 ? "\xcc\xa3" : "\xcc\x81";
    CHECK(tokenizer->encode(marks).size() > size / 4);
    std::string almost;  // many beginnings of an added token
    while (almost.size() < size) almost += "<|endoftext|";
    const auto ids = tokenizer->encode(almost);
    CHECK(tokenizer->decode(std::span<const Token>(ids)) == almost);
}

TEST_CASE("a tokenizer.json that would be read wrongly is refused") {
    using nlohmann::json;
    const auto with = [](const char* pointer, const json& value) {
        json file = json::parse(test::bpe_json());
        file[json::json_pointer(pointer)] = value;
        return file.dump();
    };
    const auto refused = [&](const char* pointer, const json& value, Code code, const char* part) {
        INFO(pointer, " ", value.dump());
        check_contains(refusal_of([&] { parse_vocabulary(with(pointer, value), "t.json"); }, code), part);
    };
    refused("/model/type", "WordPiece", Code::unsupported, "t.json: a tokenizer of type 'WordPiece'");
    refused("/model/unk_token", "?", Code::unsupported, "'unk_token'");
    refused("/model/ignore_merges", true, Code::unsupported, "'ignore_merges'");
    refused("/model/dropout", 0.1, Code::unsupported, "'dropout'");
    CHECK_NOTHROW(parse_vocabulary(with("/model/dropout", 0.0), "t.json"));
    refused("/normalizer", json{{"type", "NFKC"}}, Code::unsupported, "NFKC");
    refused("/pre_tokenizer", nullptr, Code::unsupported, "pre-tokenizer");
    refused("/pre_tokenizer/add_prefix_space", true, Code::unsupported, "prefix space");
    refused("/added_tokens/0/lstrip", true, Code::unsupported, "'lstrip'");
    refused("/added_tokens/0/content", "", Code::bad_file, "no text");
    refused("/added_tokens/0/id", 1 + 'a', Code::bad_file, "two tokens have the id 98");
    refused("/added_tokens/1/content", "   ", Code::bad_file, "are the same");
    refused("/added_tokens/1/id", 900000, Code::bad_file, "id 900000");
    refused("/added_tokens/3", json{{"id", 120000}, {"content", "far"}}, Code::bad_file, "id 120000");
    refused("/model/vocab/aa", 5, Code::bad_file, "two tokens have the id 5");
    refused("/model/vocab/aa", 1048577, Code::bad_file, "1048577");
    refused("/model/vocab/aa", 1000000, Code::bad_file, "the largest id is 1000000");
    refused("/model/vocab/aa", -1, Code::bad_file, "t.json");
    refused("/model/vocab/a b", 265, Code::bad_file, "not of byte-level BPE");
    refused("/model/merges/0", "a  a", Code::bad_file, "merge 0");
    refused("/model/merges/0", "aa", Code::bad_file, "merge 0");
    refused("/model/merges/0", "a zz", Code::bad_file, "merge 0");
    refused("/model/merges/0", json{"a"}, Code::bad_file, "merge 0");
    refused("/model/merges", 7, Code::bad_file, "t.json");
    CHECK(parse_vocabulary(with("/model/merges/0", json{"a", "a"}), "t.json")->encode("aa") ==
          std::vector<Token>{257});
    CHECK(parse_vocabulary(with("/normalizer", nullptr), "t.json")->encode("e\xcc\x81").size() == 3);
}

TEST_CASE("Qwen2's tokenizer.json is known by its pattern") {
    const auto qwen2 = parse_vocabulary(test::qwen2_json(), "t.json");
    CHECK(qwen2->encode("a\n\nb") == std::vector<Token>{1 + 'a', 1 + '\n', 1 + '\n', 1 + 'b'});
    CHECK(qwen2->encode(" a").size() == 2);
    auto other = nlohmann::json::parse(test::qwen2_json());
    other["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "\\w+";
    check_contains(refusal_of([&] { parse_vocabulary(other.dump(), "t.json"); }, Code::unsupported), "Qwen2");
}

TEST_CASE("the 20B vocabulary encodes as Hugging Face's tokenizers does") {
    const auto vocabulary = test::reference("golden/tokenizer/20B_tokenizer.json");
    const auto cases = test::reference("golden/tokenizer/20B_cases.json");
    if (!vocabulary || !cases) return;
    const auto tokenizer = open_vocabulary(vocabulary->string());
    CHECK(tokenizer->vocabulary() == 50277);
    CHECK(tokenizer->end_of_text() == 0);
    const auto entries = nlohmann::json::parse(test::contents_of(*cases));
    CHECK(entries.size() == 162);
    for (const auto& entry : entries) {
        const std::string text = entry.at("text");
        INFO(text);
        const std::vector<Token> ids = tokenizer->encode(text);
        CHECK(ids == entry.at("ids").get<std::vector<Token>>());
        CHECK(tokenizer->decode(std::span(ids)) == nfc(text));
    }
    std::mt19937 random(3);
    for (int round = 0; round < 2000; ++round) {
        std::string text;
        for (size_t count = random() % 200; count > 0; --count) {
            const uint32_t any = random() % (round % 2 ? 0x110000 : 0x400);
            if (is_unicode_scalar(any)) append_utf8(text, any);
        }
        CHECK(tokenizer->decode(std::span<const Token>(tokenizer->encode(text))) == nfc(text));
    }
    // It has no tokens for bytes that UTF-8 never uses.
    check_contains(refusal_of([&] { tokenizer->encode("a\xff"); }, Code::bad_text), "byte 255");
}

}  // namespace
