#include "runtime/text/tokenizer.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "runtime/text/python_literal.h"
#include "tests/support/reference_folder.h"
#include "tests/support/refusal.h"

namespace {

using namespace rwkvk;
using namespace rwkvk::text;
using namespace std::string_literals;
using test::check_contains;
using test::refusal_of;

/// A vocabulary file that lives as long as this.
class VocabularyFile {
  public:
    explicit VocabularyFile(const std::string& contents) {
        std::ofstream(path_, std::ios::binary) << contents;
    }
    ~VocabularyFile() { std::filesystem::remove(path_); }
    VocabularyFile(const VocabularyFile&) = delete;
    VocabularyFile& operator=(const VocabularyFile&) = delete;

    std::string path() const { return path_.string(); }

  private:
    const std::filesystem::path path_ = std::filesystem::temp_directory_path() /
                                        ("rwkvk-vocabulary-" + std::to_string(std::random_device{}()));
};

std::unique_ptr<Tokenizer> tokenizer_of(const std::string& contents) {
    return load_world_tokenizer(VocabularyFile(contents).path());
}

/// All single bytes as ids 1..256, then `more`.
std::string with_all_bytes(const std::string& more) {
    std::string contents;
    for (int byte = 0; byte < 256; ++byte) {
        const char* digits = "0123456789abcdef";
        contents += std::to_string(byte + 1) + " b'\\x" + digits[byte >> 4] + digits[byte & 15] + "' 1\n";
    }
    return contents + more;
}

std::string random_bytes(std::mt19937& random, size_t count, uint32_t alphabet) {
    std::string bytes;
    for (size_t i = 0; i < count; ++i)
        bytes += static_cast<char>(random() % alphabet + (alphabet < 256 ? 'a' : 0));
    return bytes;
}

std::string bytes_of_hex(const std::string& hex) {
    std::string bytes;
    for (size_t i = 0; i < hex.size(); i += 2) {
        bytes += static_cast<char>(std::stoul(hex.substr(i, 2), nullptr, 16));
    }
    return bytes;
}

/// Encodes by trying every length from the longest down.
std::vector<Token> encode_naively(const std::map<std::string, Token>& ids, const std::string& text) {
    std::vector<Token> result;
    for (size_t at = 0; at < text.size();) {
        size_t length = text.size() - at;
        while (!ids.contains(text.substr(at, length))) --length;
        result.push_back(ids.at(text.substr(at, length)));
        at += length;
    }
    return result;
}

TEST_CASE("the byte tokenizer maps bytes to themselves") {
    const auto tokenizer = make_byte_tokenizer();
    std::string all;
    for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
    const std::vector<Token> ids = tokenizer->encode(all);
    for (uint32_t byte = 0; byte < 256; ++byte) CHECK(ids[byte] == byte);
    CHECK(tokenizer->decode(std::span(ids)) == all);
    CHECK(tokenizer->decode(Token{256}).empty());
    CHECK(tokenizer->vocabulary() == 256);
    CHECK(tokenizer->end_of_text() == -1);
}

TEST_CASE("a literal gives the bytes Python gives") {
    const struct {
        std::string literal, bytes;
    } cases[] = {
        {"'a b'", "a b"},
        {R"("it's")", "it's"},
        {R"('\xa0')", "\xc2\xa0"},  // in text a code point
        {R"(b'\xa0')", "\xa0"},     // in bytes a byte
        {R"('\u20ac\U0001f600')", "\xe2\x82\xac\xf0\x9f\x98\x80"},
        {R"('\n\t\r\\\'\"\a\b\f\v')", "\n\t\r\\'\"\a\b\f\v"},
        {R"('\0\18\101\1011\777')", "\0\1"s + "8AA1\xc7\xbf"},
        {R"(b"\377\x27'")", "\xff''"},
        {"'\xe2\x82\xac'", "\xe2\x82\xac"},
        {"''", ""},
    };
    for (const auto& [literal, bytes] : cases) {
        INFO(literal);
        CHECK(bytes_of_python_literal(literal) == bytes);
    }
}

TEST_CASE("a literal Python would not read, or not as one token, is refused") {
    for (const char* literal : {"",
                                "b",
                                "'",
                                "b'",
                                "a",
                                "'a",
                                "a'",
                                "'a\"",
                                "'a'b'",
                                R"('\')",
                                R"('\x4')",
                                R"('\x4g')",
                                R"('\x-1')",
                                R"('\u20a')",
                                R"('\ud800')",
                                R"('\U00110000')",
                                R"(b'\u0041')",
                                R"(b'\400')",
                                R"('\q')",
                                R"('\N{DASH}')",
                                "b'\xe2\x82\xac'",
                                "'\xe2\x82'",
                                "'\xff'",
                                "u'a'",
                                "B'a'"}) {
        INFO(literal);
        refusal_of([&] { bytes_of_python_literal(literal); }, Code::bad_file);
    }
}

TEST_CASE("the longest entry wins, also where a longer one fails late") {
    const auto tokenizer = tokenizer_of(with_all_bytes("300 'ab' 2\n301 'abcd' 4\n400 b'bc\\xff' 3\n"));
    CHECK(tokenizer->encode("abcd") == std::vector<Token>{301});
    CHECK(tokenizer->encode("abcx") == std::vector<Token>{300, 'c' + 1, 'x' + 1});
    CHECK(tokenizer->encode("bc\xff") == std::vector<Token>{400});
    CHECK(tokenizer->encode("").empty());
    CHECK(tokenizer->vocabulary() == 401);
    CHECK(tokenizer->end_of_text() == 0);
    for (const Token gap : {0u, 299u, 302u, 401u, UINT32_MAX}) CHECK(tokenizer->decode(gap).empty());
}

TEST_CASE("tokens given by id are matched, those that stand for no text are not, and id 0 ends a text") {
    const std::vector<std::string> tokens = {"a", "b", "bb", "", "<s>", "b<", "s", ">"};
    const auto tokenizer = make_world_tokenizer(tokens, std::vector<Token>{4});
    CHECK(tokenizer->encode("bbb<s>") == std::vector<Token>{2, 5, 6, 7});
    CHECK(tokenizer->end_of_text() == 0);
    CHECK(tokenizer->vocabulary() == 8);
    for (const Token silent : {0u, 3u, 4u, 8u}) CHECK(tokenizer->decode(silent).empty());
    refusal_of([&] { tokenizer->encode("a"); }, Code::bad_text);
    const std::vector<std::string> twice = {"", "b", "c", "b"};
    check_contains(refusal_of([&] { make_world_tokenizer(twice, {}); }, Code::bad_file), "same bytes");
    CHECK(make_world_tokenizer(twice, std::vector<Token>{3})->encode("bc") == std::vector<Token>{1, 2});
    const auto empty = make_world_tokenizer({}, {});
    CHECK(empty->encode("").empty());
    CHECK(empty->end_of_text() == 0);
    refusal_of([&] { empty->encode("a"); }, Code::bad_text);
}

TEST_CASE("encoding agrees with a search through all lengths, and decoding undoes it") {
    std::mt19937 random(1);
    std::map<std::string, Token> ids;
    std::string contents;
    for (char c = 'a'; c < 'd'; ++c) ids.emplace(std::string(1, c), ids.size());
    while (ids.size() < 60) ids.emplace(random_bytes(random, 2 + random() % 5, 3), ids.size());
    for (const auto& [bytes, id] : ids) {
        contents += std::to_string(id) + " '" + bytes + "' " + std::to_string(bytes.size()) + "\n";
    }
    const auto tokenizer = tokenizer_of(contents);
    CHECK(tokenizer->end_of_text() == -1);  // id 0 has a text
    for (int round = 0; round < 200; ++round) {
        const std::string text = random_bytes(random, random() % 40, 3);
        INFO("round ", round, ": ", text);
        const std::vector<Token> encoded = tokenizer->encode(text);
        CHECK(encoded == encode_naively(ids, text));
        CHECK(tokenizer->decode(std::span(encoded)) == text);
    }
}

TEST_CASE("text with a byte the vocabulary lacks is refused with its offset") {
    const auto tokenizer = tokenizer_of("1 'a' 1\n2 'bb' 2\n");
    check_contains(refusal_of([&] { tokenizer->encode("abba?"); }, Code::bad_text), "offset 4");
    check_contains(refusal_of([&] { tokenizer->encode("ab"); }, Code::bad_text), "offset 1");
}

TEST_CASE("lines may end in CR LF, the last one may have no end, literals may hold spaces") {
    for (const char* contents : {"1 'a' 1\n2 ' b ' 3\n", "1 'a' 1\r\n2 ' b ' 3\r\n", "1 'a' 1\n2 ' b ' 3"}) {
        const auto tokenizer = tokenizer_of(contents);
        CHECK(tokenizer->encode("a b a") == std::vector<Token>{1, 2, 1});
    }
}

TEST_CASE("a vocabulary line that is wrong is refused, naming the line") {
    for (const char* line : {"",
                             " ",
                             "2",
                             "2 'b'",
                             "2  1",
                             "2 'b' 2",
                             "2 'b' x",
                             "2 'b' -1",
                             "2 'b' 1 ",
                             "x 'b' 1",
                             "-2 'b' 1",
                             "+2 'b' 1",
                             "0x2 'b' 1",
                             " 2 'b' 1",
                             "2 b 1",
                             "2 '' 0",
                             "2 'b 1",
                             "1048577 'b' 1",
                             "99999999999999999999 'b' 1",
                             "2 'b' 18446744073709551617",
                             R"(2 'b\' 1)",
                             "2\t'b'\t1"}) {
        INFO("line: ", line);
        const std::string message =
            refusal_of([&] { tokenizer_of("1 'a' 1\n"s + line + "\n3 'c' 1\n"); }, Code::bad_file);
        check_contains(message, "line 2: ");
    }
}

TEST_CASE("a vocabulary that is wrong as a whole is refused") {
    check_contains(refusal_of([] { tokenizer_of(""); }, Code::bad_file), "no tokens");
    check_contains(refusal_of([] { tokenizer_of("7 'a' 1\n7 'b' 1\n"); }, Code::bad_file), "the id 7");
    check_contains(refusal_of([] { tokenizer_of("7 'a' 1\n9 b'\\x61' 1\n"); }, Code::bad_file),
                   "ids 7 and 9");
    refusal_of([] { load_world_tokenizer("no such file"); }, Code::io);
    CHECK(tokenizer_of("1048576 'a' 1\n")->vocabulary() == 1048577);
}

TEST_CASE("the World vocabulary encodes as the official tokenizer does") {
    const auto vocabulary = test::reference("golden/tokenizer/rwkv_vocab_v20230424.txt");
    const auto cases = test::reference("golden/tokenizer/world_cases.json");
    if (!vocabulary || !cases) return;
    const auto tokenizer = load_world_tokenizer(vocabulary->string());
    CHECK(tokenizer->vocabulary() == 65530);
    CHECK(tokenizer->end_of_text() == 0);
    CHECK(tokenizer->name() == "world");
    const auto entries = nlohmann::json::parse(test::contents_of(*cases));
    CHECK(entries.size() == 240);
    for (const auto& entry : entries) {
        const std::string hex = entry.at("hex");
        const auto ids = entry.at("ids").get<std::vector<Token>>();
        INFO(hex);
        CHECK(tokenizer->encode(bytes_of_hex(hex)) == ids);
        CHECK(tokenizer->decode(std::span(ids)) == bytes_of_hex(hex));
    }
    std::mt19937 random(2);
    for (int round = 0; round < 50; ++round) {
        const std::string bytes = random_bytes(random, random() % 3000, 256);
        CHECK(tokenizer->decode(std::span<const Token>(tokenizer->encode(bytes))) == bytes);
    }
}

}  // namespace
