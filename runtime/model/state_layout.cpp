#include "runtime/model/state_layout.h"

namespace rwkvk {

std::vector<float> transpose_heads(uint32_t heads, uint32_t size, std::span<const float> values) {
    std::vector<float> result(values.size());
    for (uint32_t h = 0; h < heads; ++h) {
        const uint64_t base = uint64_t{h} * size * size;
        for (uint32_t i = 0; i < size; ++i) {
            for (uint32_t j = 0; j < size; ++j) result[base + i * size + j] = values[base + j * size + i];
        }
    }
    return result;
}

std::vector<float> transpose_state(const StateRequest& state, std::span<const float> values) {
    if (!state.value_first) return {values.begin(), values.end()};
    return transpose_heads(state.heads, state.head_size(), values);
}

}  // namespace rwkvk
