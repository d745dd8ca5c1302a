#pragma once
// Weight formats whose elements come in blocks that share scales, as ggml defines them. Layouts and the order
// of multiplication: ggml's reference decoders, checked bit by bit against their results.
//
// An element is scale * (quant - bias) - offset, scale and offset being those of its group. Written once for
// any number of lanes: `B` is a block, or the same place in the blocks of several rows at once, and gives
//   byte(i)      the byte at offset i, as unsigned integers,
//   half(i)      the f16 at offset i, as floats,
//   number(q, b) q - b as floats, and
//   lookup(n)    the entry n of `iq4_values`.
// Every product of a scale and a quant is exact in 32 bits, so that a fused subtraction would not differ.

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "host/error.h"
#include "host/half.h"
#include "runtime/catalogue/catalogue.h"

namespace rwkvk::blocks {

/// The non-linear 4-bit values of IQ4_NL and IQ4_XS, plus 128.
inline constexpr std::array<uint8_t, 16> iq4_values = {1,   24,  45,  63,  79,  93,  106, 118,
                                                       129, 141, 153, 166, 181, 197, 217, 241};

/// What the formats of 32 elements have in common: nibbles of elements 0..15 low, 16..31 high, and a fifth
/// bit.
template <typename B>
auto nibble(const B& b, uint32_t quants_at, uint32_t e) {
    return (b.byte(quants_at + e % 16) >> 4 * (e / 16)) & 15u;
}
template <typename B>
auto fifth_bit(const B& b, uint32_t bits_at, uint32_t e) {
    return (b.byte(bits_at + e / 8) >> e % 8 & 1u) << 4;
}

struct OneScale {
    static constexpr std::array halves = {0u};
    static constexpr bool has_offset = false;
    template <typename B>
    static auto scale(const B& b, uint32_t) {
        return b.half(0);
    }
};
struct ScaleAndMinimum {
    static constexpr std::array halves = {0u, 2u};
    static constexpr bool has_offset = true;
    template <typename B>
    static auto scale(const B& b, uint32_t) {
        return b.half(0);
    }
    template <typename B>
    static auto offset(const B& b, uint32_t) {
        return -b.half(2);
    }
};

struct Q8_0 : OneScale {
    static constexpr uint32_t elements = 32, bytes = 34, group = 32, bias = 128, bits = 8;
    template <typename B>
    static auto quant(const B& b, uint32_t e) {
        return b.byte(2 + e) ^ 0x80u;
    }
};

struct Q4_0 : OneScale {
    static constexpr uint32_t elements = 32, bytes = 18, group = 32, bias = 8, bits = 4;
    template <typename B>
    static auto quant(const B& b, uint32_t e) {
        return nibble(b, 2, e);
    }
};

struct Q4_1 : ScaleAndMinimum {
    static constexpr uint32_t elements = 32, bytes = 20, group = 32, bias = 0, bits = 4;
    template <typename B>
    static auto quant(const B& b, uint32_t e) {
        return nibble(b, 4, e);
    }
};

struct Q5_0 : OneScale {
    static constexpr uint32_t elements = 32, bytes = 22, group = 32, bias = 16, bits = 5;
    template <typename B>
    static auto quant(const B& b, uint32_t e) {
        return nibble(b, 6, e) | fifth_bit(b, 2, e);
    }
};

struct Q5_1 : ScaleAndMinimum {
    static constexpr uint32_t elements = 32, bytes = 24, group = 32, bias = 0, bits = 5;
    template <typename B>
    static auto quant(const B& b, uint32_t e) {
        return nibble(b, 8, e) | fifth_bit(b, 4, e);
    }
};

struct IQ4_NL : OneScale {
    static constexpr uint32_t elements = 32, bytes = 18, group = 32, bias = 128, bits = 4;
    template <typename B>
    static auto quant(const B& b, uint32_t e) {
        return b.lookup(nibble(b, 2, e));
    }
};

// The formats of 256 elements: e = 128 c + 32 j + l.

struct Q2_K {
    static constexpr uint32_t elements = 256, bytes = 84, group = 16, bias = 0, bits = 2;
    static constexpr std::array halves = {80u, 82u};
    static constexpr bool has_offset = true;
    template <typename B>
    static auto scale(const B& b, uint32_t e) {
        return b.half(80) * b.number(b.byte(e / 16) & 15u, 0);
    }
    template <typename B>
    static auto offset(const B& b, uint32_t e) {
        return b.half(82) * b.number(b.byte(e / 16) >> 4, 0);
    }
    template <typename B>
    static auto quant(const B& b, uint32_t e) {
        return b.byte(16 + 32 * (e / 128) + e % 32) >> 2 * (e % 128 / 32) & 3u;
    }
};

struct Q3_K {
    static constexpr uint32_t elements = 256, bytes = 110, group = 16, bias = 4, bits = 3;
    static constexpr std::array halves = {108u};
    static constexpr bool has_offset = false;
    template <typename B>
    static auto scale(const B& b, uint32_t e) {
        const uint32_t s = e / 16;
        const auto low = b.byte(96 + s % 8) >> 4 * (s / 8) & 15u;
        const auto high = b.byte(104 + s % 4) >> 2 * (s / 4) & 3u;
        return b.half(108) * b.number(low | high << 4, 32);
    }
    template <typename B>
    static auto quant(const B& b, uint32_t e) {
        const auto low = b.byte(32 + 32 * (e / 128) + e % 32) >> 2 * (e % 128 / 32) & 3u;
        return low | (b.byte(e % 32) >> e / 32 & 1u) << 2;
    }
};

/// The 6-bit scales and minima of eight groups in the 12 bytes at `at`, for Q4_K and Q5_K.
template <typename B>
auto scale_of_12_bytes(const B& b, uint32_t at, uint32_t g) {
    return g < 4 ? b.byte(at + g) & 63u : (b.byte(at + g + 4) & 15u) | b.byte(at + g - 4) >> 6 << 4;
}
template <typename B>
auto minimum_of_12_bytes(const B& b, uint32_t at, uint32_t g) {
    return g < 4 ? b.byte(at + g + 4) & 63u : b.byte(at + g + 4) >> 4 | b.byte(at + g) >> 6 << 4;
}

struct Q4_K {
    static constexpr uint32_t elements = 256, bytes = 144, group = 32, bias = 0, bits = 4;
    static constexpr std::array halves = {0u, 2u};
    static constexpr bool has_offset = true;
    template <typename B>
    static auto scale(const B& b, uint32_t e) {
        return b.half(0) * b.number(scale_of_12_bytes(b, 4, e / 32), 0);
    }
    template <typename B>
    static auto offset(const B& b, uint32_t e) {
        return b.half(2) * b.number(minimum_of_12_bytes(b, 4, e / 32), 0);
    }
    template <typename B>
    static auto quant(const B& b, uint32_t e) {
        return b.byte(16 + 32 * (e / 64) + e % 32) >> 4 * (e / 32 % 2) & 15u;
    }
};

struct Q5_K {
    static constexpr uint32_t elements = 256, bytes = 176, group = 32, bias = 0, bits = 5;
    static constexpr std::array halves = {0u, 2u};
    static constexpr bool has_offset = true;
    template <typename B>
    static auto scale(const B& b, uint32_t e) {
        return Q4_K::scale(b, e);
    }
    template <typename B>
    static auto offset(const B& b, uint32_t e) {
        return Q4_K::offset(b, e);
    }
    template <typename B>
    static auto quant(const B& b, uint32_t e) {
        const auto low = b.byte(48 + 32 * (e / 64) + e % 32) >> 4 * (e / 32 % 2) & 15u;
        return low | (b.byte(16 + e % 32) >> e / 32 & 1u) << 4;
    }
};

struct Q6_K {
    static constexpr uint32_t elements = 256, bytes = 210, group = 16, bias = 32, bits = 6;
    static constexpr std::array halves = {208u};
    static constexpr bool has_offset = false;
    template <typename B>
    static auto scale(const B& b, uint32_t e) {
        return b.half(208) * b.number(b.byte(192 + e / 16) ^ 0x80u, 128);
    }
    template <typename B>
    static auto quant(const B& b, uint32_t e) {
        const uint32_t c = e / 128, j = e % 128 / 32, l = e % 32;
        const auto low = b.byte(64 * c + 32 * (j % 2) + l) >> 4 * (j / 2) & 15u;
        return low | (b.byte(128 + 32 * c + l) >> 2 * j & 3u) << 4;
    }
};

struct IQ4_XS {
    static constexpr uint32_t elements = 256, bytes = 136, group = 32, bias = 128, bits = 4;
    static constexpr std::array halves = {0u};
    static constexpr bool has_offset = false;
    template <typename B>
    static auto scale(const B& b, uint32_t e) {
        const uint32_t g = e / 32;
        const auto low = b.byte(4 + g / 2) >> 4 * (g % 2) & 15u;
        const auto high = b.byte(2 + g / 4) >> 2 * (g % 4) & 3u;
        return b.half(0) * b.number(low | high << 4, 32);
    }
    template <typename B>
    static auto quant(const B& b, uint32_t e) {
        return b.lookup(b.byte(8 + 16 * (e / 32) + e % 16) >> 4 * (e % 32 / 16) & 15u);
    }
};

/// Calls `body` with the struct of a format that comes in blocks.
template <typename Body>
auto with_block_format(WeightFormat format, const Body& body) {
    switch (format) {
        case WeightFormat::q8_0:
            return body(Q8_0{});
        case WeightFormat::q4_0:
            return body(Q4_0{});
        case WeightFormat::q4_1:
            return body(Q4_1{});
        case WeightFormat::q5_0:
            return body(Q5_0{});
        case WeightFormat::q5_1:
            return body(Q5_1{});
        case WeightFormat::q2_k:
            return body(Q2_K{});
        case WeightFormat::q3_k:
            return body(Q3_K{});
        case WeightFormat::q4_k:
            return body(Q4_K{});
        case WeightFormat::q5_k:
            return body(Q5_K{});
        case WeightFormat::q6_k:
            return body(Q6_K{});
        case WeightFormat::iq4_nl:
            return body(IQ4_NL{});
        case WeightFormat::iq4_xs:
            return body(IQ4_XS{});
        default:
            break;
    }
    RWKVK_ASSERT(!"a format without blocks");
    return body(Q8_0{});
}

/// A block of one row, for decoding.
struct OneRow {
    const std::byte* block;

    uint32_t byte(uint32_t i) const { return std::to_integer<uint32_t>(block[i]); }
    float half(uint32_t i) const { return half_to_float(static_cast<uint16_t>(byte(i) | byte(i + 1) << 8)); }
    float number(uint32_t quant, uint32_t bias) const {
        return static_cast<float>(static_cast<int32_t>(quant - bias));
    }
    uint32_t lookup(uint32_t n) const { return iq4_values[n]; }
};

/// The scale and offset of a group, for `number`s of its quants.
template <typename Format, typename B>
struct Group {
    using Float = decltype(Format::scale(std::declval<B>(), 0));

    Float scale{}, offset{};

    /// Of the group that element `e` begins.
    void open(const B& b, uint32_t e) {
        scale = Format::scale(b, e);
        if constexpr (Format::has_offset) offset = Format::offset(b, e);
    }
    /// Of element `e`, which is in the group.
    Float value(const B& b, uint32_t e) const {
        const Float product = scale * b.number(Format::quant(b, e), Format::bias);
        if constexpr (Format::has_offset) {
            return product - offset;
        } else {
            return product;
        }
    }
};

/// Exact values of one block. Shapes: `block` [block_bytes], `values` [block_elements].
inline void decode_block(WeightFormat format, const std::byte* block, std::span<float> values) {
    with_block_format(format, [&](auto f) {
        const OneRow row{block};
        for (uint32_t first = 0; first < values.size(); first += f.group) {
            Group<decltype(f), OneRow> group;
            group.open(row, first);
            for (uint32_t e = first; e < first + f.group; ++e) values[e] = group.value(row, e);
        }
    });
}

}  // namespace rwkvk::blocks
