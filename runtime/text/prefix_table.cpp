#include "runtime/text/prefix_table.h"

#include <algorithm>

namespace rwkvk::text {
namespace {

constexpr size_t pair_bytes = 2, pairs = size_t{1} << 16;

/// Eight bytes from `at` on as a number in their order; those past the end count as 0.
uint64_t number_at(std::string_view text, size_t at) {
    uint64_t number = 0;
    if (text.size() >= at + 8) {  // one load: the compiler sees a number in the other byte order
        for (size_t i = 0; i < 8; ++i) number = number << 8 | static_cast<uint8_t>(text[at + i]);
        return number;
    }
    for (size_t i = at; i < at + 8; ++i)
        number = number << 8 | (i < text.size() ? static_cast<uint8_t>(text[i]) : 0);
    return number;
}

size_t pair_of(std::string_view text) {
    return static_cast<size_t>(static_cast<uint8_t>(text[0])) << 8 |
           (text.size() > 1 ? static_cast<uint8_t>(text[1]) : 0);
}

size_t common_bytes(std::string_view a, std::string_view b) {
    const size_t shorter = std::min(a.size(), b.size());
    return static_cast<size_t>(std::mismatch(a.begin(), a.begin() + shorter, b.begin()).first - a.begin());
}

}  // namespace

PrefixTable::PrefixTable(const TokenTexts& texts, std::vector<Token> ids)
    : texts_(&texts), ids_(std::move(ids)), first_of_pair_(pairs + 1) {
    keys_.reserve(ids_.size());
    beginning_.reserve(ids_.size());
    std::vector<uint32_t> open;  // tokens that the next one may begin with, each a beginning of the following
    for (size_t place = 0; place < ids_.size(); ++place) {
        const std::string_view text = text_of(place);
        keys_.push_back(number_at(text, pair_bytes));
        ++first_of_pair_[pair_of(text) + 1];
        begins_[static_cast<uint8_t>(text[0])] = true;
        beginning_.push_back(longest_beginning(place, open));
        open.push_back(static_cast<uint32_t>(place));
    }
    for (size_t pair = 0; pair < pairs; ++pair) first_of_pair_[pair + 1] += first_of_pair_[pair];
}

uint32_t PrefixTable::longest_beginning(size_t place, std::vector<uint32_t>& open) const {
    while (!open.empty() && !text_of(place).starts_with(text_of(open.back()))) open.pop_back();
    return open.empty() ? none : open.back();
}

/// How many tokens are not behind the text in the order of bytes.
size_t PrefixTable::tokens_up_to(std::string_view text) const {
    const size_t pair = pair_of(text);
    const auto first = keys_.begin() + first_of_pair_[pair], end = keys_.begin() + first_of_pair_[pair + 1];
    const uint64_t key = number_at(text, pair_bytes);
    const auto above = std::upper_bound(first, end, key);
    if (above == first || above[-1] < key) return static_cast<size_t>(above - keys_.begin());
    // Tokens that agree with the text in all bytes of the key, or end where it has zeros.
    const auto equal = std::lower_bound(first, above, key);
    size_t low = static_cast<size_t>(equal - keys_.begin()),
           high = static_cast<size_t>(above - keys_.begin());
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (text_of(middle) <= text) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

PrefixTable::Match PrefixTable::longest(std::string_view text) const {
    if (text.empty() || !begins(text[0])) return {0, 0};
    text = text.substr(0, max_token_bytes);
    const size_t before = tokens_up_to(text);
    if (before == 0) return {0, 0};
    uint32_t place = static_cast<uint32_t>(before - 1);
    const size_t common = common_bytes(text_of(place), text);
    while (place != none && text_of(place).size() > common) place = beginning_[place];
    return place == none ? Match{0, 0} : Match{ids_[place], text_of(place).size()};
}

}  // namespace rwkvk::text
