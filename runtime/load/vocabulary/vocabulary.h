#pragma once
// The texts of a model's tokens, as files hold them.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/text/vocabulary.h"

namespace rwkvk::load {

/// For the World algorithm, greedy longest match over bytes, or with `bpe` for byte-level BPE.
struct Vocabulary {
    std::vector<std::string> tokens;  // by id: any bytes, unescaped; empty: no such id
    std::vector<uint32_t> unmatched;  // ids that stand for no text, ascending; none with `bpe`
    std::string chat_template = {};   // Jinja, or the word "rwkv-world"; empty: none
    int64_t end_of_turn = -1;         // the id that ends a turn of a chat; -1: none
    std::optional<text::BpeRules> bpe = {};
};

}  // namespace rwkvk::load
