#include "runtime/check/case_words.h"

#include <bit>

namespace rwkvk::check {

std::vector<uint32_t> numbers(Random& random, uint64_t count, int low, int high) {
    std::vector<uint32_t> words(count);
    for (uint32_t& word : words) word = std::bit_cast<uint32_t>(random.number(low, high));
    for (uint64_t i = 1; i < count; i += 10) words[i] = words[i - 1] ^ 0x80000000u;
    return words;
}

uint32_t plane_stride(uint64_t elements) { return static_cast<uint32_t>((elements + 63) / 64 * 64); }

std::vector<uint32_t> planes_of(uint32_t planes, uint32_t stride, uint64_t elements) {
    return std::vector<uint32_t>(uint64_t{planes - 1} * stride + elements, 0);
}

std::vector<uint32_t> shift_entries(uint32_t rows) {
    std::vector<uint32_t> entries(uint64_t{rows} * 2, NONE);
    const uint32_t second = rows > 2 ? 2 : 0;
    entries[0] = 0;
    if (second) {
        entries[(second - 1) * 2 + 1] = 1;
        entries[second * 2] = 3;
        entries[(rows - 1) * 2 + 1] = 2;
    } else {
        entries[(rows - 1) * 2 + 1] = 1;
    }
    return entries;
}

std::vector<uint32_t> sequence_table(const std::vector<uint32_t>& lengths) {
    std::vector<uint32_t> table;
    uint32_t first = 0;
    for (uint32_t i = 0; i < lengths.size(); ++i) {
        table.insert(table.end(), {first, lengths[i], static_cast<uint32_t>(lengths.size()) - 1 - i, 0});
        first += lengths[i];
    }
    return table;
}

std::vector<HeadSize> head_sizes(CaseSet set, uint32_t largest) {
    if (set == CaseSet::quick) return {{2, 64, {2, 1}}};
    return {{1, largest, {1}}, {2, 32, {3, 1, 0, 2}}, {3, 20, {2, 2}}, {12, 64, {1, 4}}};
}

}  // namespace rwkvk::check
