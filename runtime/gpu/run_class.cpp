#include "runtime/gpu/run_class.h"

#include <algorithm>
#include <bit>

namespace rwkvk::gpu {
namespace {

/// Sequences come first in their table; others have length 0.
uint32_t count_sequences(const RunTables& tables) {
    for (const auto& [name, words] : tables.tables) {
        if (name != tables::sequences) continue;
        uint32_t count = 0;
        while (count < tables.rows && words[4 * count + 1] > 0) ++count;
        return count;
    }
    return 0;
}

}  // namespace

uint32_t row_class(uint32_t rows, uint32_t most) {
    const uint32_t power = std::bit_ceil(rows), step = power <= 16 ? power : std::max(power / 8, 8u);
    const uint32_t rounded = (rows + step - 1) / step * step;
    return std::min(rounded, std::max(rows, most));
}

std::vector<uint32_t> row_classes(uint32_t most) {
    std::vector<uint32_t> classes;
    for (uint32_t rows = 1; rows <= most; rows = classes.back() + 1) classes.push_back(row_class(rows, most));
    return classes;
}

uint32_t sequence_class(const RunTables& tables, uint32_t rows) {
    const uint32_t sequences = count_sequences(tables);
    uint32_t size = 1;
    while (size < sequences) size *= 8;
    return std::min(size, rows);
}

}  // namespace rwkvk::gpu
