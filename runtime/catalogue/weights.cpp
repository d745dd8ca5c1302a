#include "runtime/catalogue/weights.h"

#include <bit>
#include <cmath>

#include "host/float_mode.h"
#include "host/half.h"
#include "runtime/catalogue/block_encoders.h"
#include "runtime/catalogue/block_formats.h"

namespace rwkvk {
namespace {

// A format of single elements: its stored type, and its value to and from float.
struct F32 {
    using Stored = uint32_t;
    static float decode(Stored bits) { return std::bit_cast<float>(bits); }
    static Stored encode(float value) { return std::bit_cast<Stored>(value); }
    static constexpr Stored magnitude = 0x7fffffffu, infinity = 0x7f800000u, smallest = 0x26800000u;
};
struct F16 {
    using Stored = uint16_t;
    static float decode(Stored bits) { return half_to_float(bits); }
    static Stored encode(float value) { return float_to_half(value); }
    static constexpr Stored magnitude = 0x7fffu, infinity = 0x7c00u, smallest = 0;
};
struct Bf16 {
    using Stored = uint16_t;
    static float decode(Stored bits) { return bf16_to_float(bits); }
    static Stored encode(float value) { return float_to_bf16(value); }
    static constexpr Stored magnitude = 0x7fffu, infinity = 0x7f80u, smallest = 0x2680u;
};

template <typename Body>
auto with_element_format(WeightFormat format, const Body& body) {
    switch (format) {
        case WeightFormat::f32:
            return body(F32{});
        case WeightFormat::f16:
            return body(F16{});
        case WeightFormat::bf16:
            return body(Bf16{});
        default:
            break;
    }
    RWKVK_ASSERT(!"a format of blocks");
    return body(F32{});
}

template <typename Stored>
Stored load(const std::byte* stored, uint64_t index) {
    Stored bits;
    std::memcpy(&bits, stored + index * sizeof bits, sizeof bits);
    return bits;
}

/// One stored number times 2^exponent; false where that, and not the number itself, is infinite.
template <typename Format>
bool scale_one(Format f, std::byte* stored, uint32_t exponent) {
    const auto bits = load<typename Format::Stored>(stored, 0);
    if ((bits & f.magnitude) >= f.infinity) return true;  // settle_stored says so
    const auto scaled = f.encode(std::ldexp(f.decode(bits), static_cast<int>(exponent)));
    std::memcpy(stored, &scaled, sizeof scaled);
    return (scaled & f.magnitude) < f.infinity;
}

/// As scale_stored, with the index of the block.
int64_t scale_blocks(WeightFormat format, std::byte* stored, uint64_t count, uint32_t exponent) {
    const uint32_t bytes = info(format).block_bytes;
    return blocks::with_block_format(format, [&](auto f) -> int64_t {
        for (uint64_t i = 0; i < count; ++i) {
            for (const uint32_t at : f.halves) {
                if (!scale_one(F16{}, stored + i * bytes + at, exponent)) return static_cast<int64_t>(i);
            }
        }
        return -1;
    });
}

bool is_finite(uint16_t half) { return (half & F16::magnitude) < F16::infinity; }

/// Index of the first block whose scales are not finite, or -1.
int64_t find_infinite_block(WeightFormat format, const std::byte* stored, uint64_t count) {
    const uint32_t bytes = info(format).block_bytes;
    return blocks::with_block_format(format, [&](auto f) -> int64_t {
        for (uint64_t i = 0; i < count; ++i) {
            for (const uint32_t at : f.halves) {
                uint16_t half;
                std::memcpy(&half, stored + i * bytes + at, sizeof half);
                if (!is_finite(half)) return static_cast<int64_t>(i);
            }
        }
        return -1;
    });
}

}  // namespace

void decode(WeightFormat format, const std::byte* stored, std::span<float> values) {
    const auto [name, elements, bytes] = info(format);
    RWKVK_ASSERT(values.size() % elements == 0);
    if (elements == 1) {
        return with_element_format(format, [&](auto f) {
            for (size_t i = 0; i < values.size(); ++i)
                values[i] = f.decode(load<typename decltype(f)::Stored>(stored, i));
        });
    }
    for (size_t i = 0; i < values.size(); i += elements)
        blocks::decode_block(format, stored + i / elements * bytes, values.subspan(i, elements));
}

void encode(WeightFormat format, std::span<const float> values, std::byte* stored) {
    const auto [name, elements, bytes] = info(format);
    RWKVK_ASSERT(values.size() % elements == 0);
    if (elements == 1) {
        return with_element_format(format, [&](auto f) {
            for (size_t i = 0; i < values.size(); ++i) {
                const auto bits = f.encode(values[i]);
                std::memcpy(stored + i * sizeof bits, &bits, sizeof bits);
            }
        });
    }
    for (size_t i = 0; i < values.size(); i += elements)
        blocks::encode_block(format, values.subspan(i, elements), stored + i / elements * bytes);
}

int64_t scale_stored(WeightFormat format, std::byte* stored, uint64_t count, uint32_t exponent) {
    const uint32_t elements = info(format).block_elements;
    RWKVK_ASSERT(count % elements == 0);
    if (exponent == 0) return -1;
    const FloatModeScope mode(Denormals::keep);
    if (elements > 1) {
        const int64_t bad = scale_blocks(format, stored, count / elements, exponent);
        return bad < 0 ? bad : bad * elements;
    }
    return with_element_format(format, [&](auto f) -> int64_t {
        for (uint64_t i = 0; i < count; ++i) {
            if (!scale_one(f, stored + i * info(format).block_bytes, exponent))
                return static_cast<int64_t>(i);
        }
        return -1;
    });
}

int64_t settle_stored(WeightFormat format, std::byte* stored, uint64_t count) {
    const uint32_t elements = info(format).block_elements;
    RWKVK_ASSERT(count % elements == 0);
    if (elements > 1) {
        const int64_t bad = find_infinite_block(format, stored, count / elements);
        return bad < 0 ? bad : bad * elements;
    }
    return with_element_format(format, [&](auto f) -> int64_t {
        for (uint64_t i = 0; i < count; ++i) {
            const auto bits = load<typename decltype(f)::Stored>(stored, i);
            const auto magnitude = bits & f.magnitude;
            if (magnitude >= f.infinity) return static_cast<int64_t>(i);
            if (magnitude < f.smallest) std::memset(stored + i * sizeof bits, 0, sizeof bits);
        }
        return -1;
    });
}

}  // namespace rwkvk
