#pragma once
// Where one product of a dispatch finds what it needs, as kernels take it (params.h) and as the host reads
// it.

#include <optional>

#include "runtime/catalogue/catalogue.h"

namespace rwkvk {

/// Units of places, in bytes: matrices may be gigabytes apart, other tensors begin at multiples of 256.
inline constexpr uint64_t matrix_unit = 16, tensor_unit = 256;

struct ProductAt {
    uint32_t in_width, outs;
    uint32_t activation, adds;      // ACT_, ADD_
    uint64_t x, matrix, addend, y;  // bytes from where the bindings begin

    bool operator==(const ProductAt&) const = default;
};

/// Nothing where a place is too far or a width too large for its bits. The outputs of a product that is alone
/// are in ProductParams, and need none here.
inline std::optional<ProductPlace> packed(const ProductAt& at, bool alone) {
    RWKVK_ASSERT(at.matrix % matrix_unit == 0 && at.x % tensor_unit == 0 && at.addend % tensor_unit == 0 &&
                 at.y % tensor_unit == 0);
    const uint64_t matrix = at.matrix / matrix_unit, x = at.x / tensor_unit, addend = at.addend / tensor_unit,
                   y = at.y / tensor_unit, outs = alone ? 0 : at.outs;
    if (matrix >> 32 || x >> 16 || addend >> 16 || y >> 16 || outs >> 16 || at.in_width >> 24) return {};
    return ProductPlace{.matrix = static_cast<uint32_t>(matrix),
                        .x_y = static_cast<uint32_t>(x | y << 16),
                        .addend_outs = static_cast<uint32_t>(addend | outs << 16),
                        .in_kinds = at.in_width | at.activation << 24 | at.adds << 28};
}

inline ProductAt unpacked(const ProductPlace& place, uint32_t outs_alone) {
    const uint32_t outs = place.addend_outs >> 16;
    return {.in_width = place.in_kinds & 0xffffff,
            .outs = outs_alone ? outs_alone : outs,
            .activation = place.in_kinds >> 24 & 15,
            .adds = place.in_kinds >> 28,
            .x = (place.x_y & 0xffff) * tensor_unit,
            .matrix = place.matrix * matrix_unit,
            .addend = (place.addend_outs & 0xffff) * tensor_unit,
            .y = (place.x_y >> 16) * tensor_unit};
}

}  // namespace rwkvk
