#pragma once

#include <algorithm>
#include <string_view>

#include "host/error.h"
#include "tests/grammar/grammars.h"

namespace rwkvk::fuzz {

inline bool has(const grammar::TokenBits& bits, text::Token token) {
    return bits[token / 64] >> (token % 64) & 1;
}

/// Some tokens along a text that the grammar lets through; the bytes of `choices` say which. A mask is never
/// empty: every beginning that is let through can be ended.
inline void walk(const std::shared_ptr<const grammar::Grammar>& grammar, std::string_view choices) {
    grammar::Matcher matcher(grammar);
    for (const char choice : choices.substr(0, 24)) {
        const grammar::TokenBits bits = matcher.allowed();
        std::vector<text::Token> allowed;
        for (text::Token token = 0; token < grammar->vocabulary().vocabulary(); ++token) {
            if (has(bits, token)) allowed.push_back(token);
        }
        RWKVK_ASSERT(!allowed.empty());
        matcher.accept(allowed[static_cast<uint8_t>(choice) * allowed.size() / 256]);
    }
}

}  // namespace rwkvk::fuzz
