#include "runtime/model/blend.h"

#include <algorithm>

namespace rwkvk {
namespace {

/// to[i] + (scale · from[i])
void add_scaled(float scale, std::span<const float> from, std::span<float> to) {
    for (size_t i = 0; i < to.size(); ++i) to[i] = to[i] + (scale * from[i]);
}

void add_product(const Blend& blend, uint32_t row, std::span<float> values) {
    std::vector<float> change(values.size(), 0.0f);
    for (uint32_t r = 0; r < blend.rank; ++r) {
        add_scaled(blend.b[uint64_t{row} * blend.rank + r],
                   std::span(blend.a).subspan(uint64_t{r} * values.size(), values.size()), change);
    }
    add_scaled(blend.scale, change, values);
}

void add_pieces(const Blend& blend, uint32_t row, std::span<float> values) {
    const uint64_t out = blend.a.size() / blend.rank;
    for (size_t i = 0; i < values.size(); ++i)
        values[i] = values[i] + (blend.scale * blend.a[i % blend.rank * out + row]);
}

void add_blocks(const Blend& blend, uint32_t row, std::span<float> values) {
    const uint32_t n = blend.rank;
    std::vector<float> change(n);
    for (size_t first = 0; first < values.size(); first += n) {
        const std::span<const float> matrix = std::span(blend.a).subspan(first * n, uint64_t{n} * n);
        const std::span<float> piece = values.subspan(first, n);
        std::fill(change.begin(), change.end(), 0.0f);
        for (uint32_t k = 0; k < n; ++k) add_scaled(piece[k], matrix.subspan(uint64_t{k} * n, n), change);
        add_scaled(1.0f, matrix.subspan(uint64_t{row % n} * n, n), change);
        add_scaled(blend.scale, change, piece);
    }
}

}  // namespace

void blend_row(const Blend& blend, uint32_t row, std::span<float> values) {
    switch (blend.kind) {
        case Blend::Kind::product:
            return add_product(blend, row, values);
        case Blend::Kind::pieces:
            return add_pieces(blend, row, values);
        case Blend::Kind::blocks:
            return add_blocks(blend, row, values);
    }
}

}  // namespace rwkvk
