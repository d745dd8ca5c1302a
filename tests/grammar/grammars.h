#pragma once
// Vocabularies and grammars to try.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/grammar/grammar.h"
#include "runtime/grammar/matcher.h"
#include "runtime/text/tokenizer.h"

namespace rwkvk::test {

/// Every byte, and pieces of text as vocabularies have them, some with bytes that are no whole characters.
/// Id 0 ends a text.
inline std::shared_ptr<const text::Tokenizer> small_tokenizer() {
    std::vector<std::string> tokens = {""};
    for (int byte = 0; byte < 256; ++byte) tokens.push_back(std::string(1, static_cast<char>(byte)));
    for (const char* piece : {"ab",           "abc",
                              "aa",           "aaa",
                              "aaaa",         "ba",
                              "\"a",          "\":",
                              "\": ",         "\",",
                              "\", \"",       "{\"",
                              "\"}",          "}}",
                              "}}}",          "]]",
                              "],",           "[[",
                              "[[[[",         "{\"a\":",
                              "true",         "false",
                              "null",         "tru",
                              "10",           "123",
                              "-1",           "0.5",
                              "e+",           "1e",
                              "\\n",          "\\u00",
                              "\\\"",         "  ",
                              "    ",         "\n  ",
                              "\n\n",         " {",
                              " the",         " \"",
                              "\xc3\xa9",     "\xe4\xb8",
                              "\xe4\xb8\xad", "\xb8\xad",
                              "\xf0\x9f",     "\xf0\x9f\x98\x80",
                              "\x80\x80",     "</",
                              "</think",      "</think>",
                              ">\n",          ">\n\n",
                              "<think",       "(a",
                              "a)",           "((",
                              "))",           ")*",
                              "+1",           "xy",
                              "xyxy",         "2024-",
                              "-0",           "2-29",
                              "T12:",         "Z\""})
        tokens.push_back(piece);
    return text::make_world_tokenizer(tokens, {});
}

inline std::shared_ptr<const grammar::TokenTrie> small_vocabulary() {
    static const auto vocabulary = std::make_shared<const grammar::TokenTrie>(*small_tokenizer());
    return vocabulary;
}

inline std::shared_ptr<const grammar::Grammar> gbnf(std::string_view text) {
    return grammar::make_gbnf_grammar(text, small_vocabulary());
}
inline std::shared_ptr<const grammar::Grammar> schema(std::string_view text) {
    return grammar::make_json_grammar(text, small_vocabulary());
}

/// Whether the grammar lets the whole text through.
inline bool takes(const std::shared_ptr<const grammar::Grammar>& grammar, std::string_view text) {
    grammar::Matcher matcher(grammar);
    return matcher.read(text) && matcher.may_end();
}

}  // namespace rwkvk::test
