#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/text/vocabulary.h"

namespace rwkvk::text {

/// The bytes of each token, in one piece of memory: four bytes an id besides, so that gaps cost little.
class TokenTexts {
  public:
    TokenTexts() = default;
    /// Entries in any order; no two have the same id.
    explicit TokenTexts(const std::vector<VocabularyEntry>& entries);
    explicit TokenTexts(std::span<const std::string> by_id);

    /// One more than the largest id.
    uint32_t size() const { return static_cast<uint32_t>(end_.size()); }
    /// Empty for ids that stand for no text. Lives as long as this.
    std::string_view operator[](Token id) const {
        if (id >= end_.size()) return {};
        const uint32_t begin = id == 0 ? 0 : end_[id - 1];
        return std::string_view(bytes_).substr(begin, end_[id] - begin);
    }

  private:
    std::string bytes_;          // of all tokens, by id
    std::vector<uint32_t> end_;  // by id
};

}  // namespace rwkvk::text
