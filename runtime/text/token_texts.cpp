#include "runtime/text/token_texts.h"

#include <algorithm>

#include "host/error.h"

namespace rwkvk::text {

TokenTexts::TokenTexts(const std::vector<VocabularyEntry>& entries) {
    if (entries.empty()) return;
    end_.resize(std::ranges::max(entries, {}, &VocabularyEntry::id).id + size_t{1});
    for (const VocabularyEntry& entry : entries) end_[entry.id] = static_cast<uint32_t>(entry.bytes.size());
    size_t total = 0;
    for (uint32_t& end : end_) {
        total += end;
        RWKVK_ASSERT(total <= UINT32_MAX);
        end = static_cast<uint32_t>(total);
    }
    bytes_.resize(total);
    for (const VocabularyEntry& entry : entries)
        std::ranges::copy(entry.bytes, bytes_.begin() + end_[entry.id] - entry.bytes.size());
}

TokenTexts::TokenTexts(std::span<const std::string> by_id) {
    end_.reserve(by_id.size());
    for (const std::string& bytes : by_id) {
        bytes_ += bytes;
        RWKVK_ASSERT(bytes_.size() <= UINT32_MAX);
        end_.push_back(static_cast<uint32_t>(bytes_.size()));
    }
}

}  // namespace rwkvk::text
