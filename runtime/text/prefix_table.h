#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/text/token_texts.h"

namespace rwkvk::text {

/// Tokens, searched for the longest one that a text begins with.
///
/// They lie in the order of their bytes, each with the longest other one that it begins with. Whatever token
/// a text begins with, all between it and the text in that order begin with it too. So the last token before
/// the text either is the longest match or leads to it, from token to beginning.
class PrefixTable {
  public:
    struct Match {
        Token id;
        size_t size_bytes;  // 0: no token is a beginning of the text
    };

    PrefixTable() = default;
    /// `ids` of tokens with different texts, none of them empty, in the order of their bytes. `texts` must
    /// live as long as this, in the same place.
    PrefixTable(const TokenTexts& texts, std::vector<Token> ids);

    Match longest(std::string_view text) const;
    /// Whether any token begins with this byte.
    bool begins(char byte) const { return begins_[static_cast<uint8_t>(byte)]; }

  private:
    static constexpr uint32_t none = UINT32_MAX;

    std::string_view text_of(size_t place) const { return (*texts_)[ids_[place]]; }
    uint32_t longest_beginning(size_t place, std::vector<uint32_t>& open) const;
    size_t tokens_up_to(std::string_view text) const;

    const TokenTexts* texts_ = nullptr;
    std::vector<Token> ids_;
    std::vector<uint64_t> keys_;           // of the bytes from the third on
    std::vector<uint32_t> beginning_;      // place of the longest token that this one begins with, or none
    std::vector<uint32_t> first_of_pair_;  // place of the first token not before these two bytes
    std::array<bool, 256> begins_{};
};

}  // namespace rwkvk::text
