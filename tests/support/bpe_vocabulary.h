#pragma once
// Small vocabularies of byte-level BPE as tokenizer.json files.

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "runtime/text/utf8.h"

namespace rwkvk::test {

/// A byte in the alphabet of byte-level BPE.
inline std::string byte_level(uint32_t byte) {
    const auto is_own = [](uint32_t b) { return (b > 32 && b < 127) || (b > 160 && b != 173); };
    uint32_t character = byte;
    if (!is_own(byte)) {
        character = 256;
        for (uint32_t before = 0; before < byte; ++before) character += !is_own(before);
    }
    std::string text;
    text::append_utf8(text, character);
    return text;
}

/// Byte b has the id b + 1; 257 to 262 are aa, ab, aaaa, an unreachable aab, é, bb; added tokens are
/// 0 <|endoftext|> before normalisation, 263 and 264 two and three spaces after it.
inline nlohmann::json bpe_file() {
    using nlohmann::json;
    json vocab, merges = json::array(), added = json::array();
    for (uint32_t byte = 0; byte < 256; ++byte) vocab[byte_level(byte)] = byte + 1;
    const std::string c3 = byte_level(0xc3), a9 = byte_level(0xa9);
    uint32_t id = 257;
    for (const std::string& token : {std::string("aa"), std::string("ab"), std::string("aaaa"),
                                     std::string("aab"), c3 + a9, std::string("bb")})
        vocab[token] = id++;
    for (const std::string& merge :
         {std::string("a a"), std::string("a b"), std::string("aa aa"), c3 + " " + a9})
        merges.push_back(merge);
    const std::pair<uint32_t, std::string> tokens[] = {{0, "<|endoftext|>"}, {263, "  "}, {264, "   "}};
    for (const auto& [token, content] : tokens) {
        added.push_back({{"id", token},
                         {"content", content},
                         {"normalized", token != 0},
                         {"special", token == 0},
                         {"lstrip", false},
                         {"rstrip", false},
                         {"single_word", false}});
    }
    return {{"added_tokens", added},
            {"normalizer", {{"type", "NFC"}}},
            {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
            {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", merges}}}};
}

inline std::string bpe_json() { return bpe_file().dump(); }

/// The same with Qwen2's pattern.
inline std::string qwen2_json() {
    using nlohmann::json;
    json file = bpe_file();
    const char* pattern =
        R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|)"
        R"(\s*[\r\n]+|\s+(?!\S)|\s+)";
    const json split = {
        {"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}};
    const json bytes = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}};
    file["pre_tokenizer"] = {{"type", "Sequence"}, {"pretokenizers", json::array({split, bytes})}};
    return file.dump();
}

}  // namespace rwkvk::test
