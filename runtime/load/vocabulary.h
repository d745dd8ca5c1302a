#pragma once
// The texts of a model's tokens, where its file holds them.

#include <cstdint>
#include <string>
#include <vector>

namespace rwkvk::load {

/// For the World algorithm: greedy longest match over bytes.
struct Vocabulary {
    std::vector<std::string> tokens;  // by id: any bytes, unescaped
    std::vector<uint32_t> unmatched;  // ids that stand for no text, ascending
    std::string chat_template = {};   // Jinja, or the word "rwkv-world"; empty: none
    int64_t end_of_turn = -1;         // the id that ends a turn of a chat; -1: none
};

}  // namespace rwkvk::load
