#include "runtime/catalogue/block_encoders.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "runtime/catalogue/block_formats.h"

namespace rwkvk::blocks {
namespace {

using Values = std::span<const float>;

/// Several numbers at once, which compilers make vector instructions of.
constexpr size_t lanes = 4;
typedef float Floats __attribute__((vector_size(lanes * sizeof(float))));

/// The nearest whole number within [lowest, highest], which are such, and small enough for `shift`, which
/// leaves no fraction; a half goes up.
Floats nearest(Floats x, float lowest, float highest) {
    const Floats low = lowest + Floats{}, high = highest + Floats{}, shift = 0x1.8p23f + Floats{};
    x += 0.5f;
    x = x < low ? low : x;
    x = x > high ? high : x;
    const Floats whole = (x + shift) - shift;
    return whole > x ? whole - 1.0f : whole;
}

float nearest(float x, float lowest, float highest) { return nearest(Floats{x}, lowest, highest)[0]; }

constexpr float largest_half = 65504.0f;

float half_of(float x) { return std::clamp(x, -largest_half, largest_half); }

void put_half(std::byte* block, uint32_t at, float value) {
    const uint16_t half = float_to_half(half_of(value));
    std::memcpy(block + at, &half, sizeof half);
}

float get_half(const std::byte* block, uint32_t at) { return OneRow{block}.half(at); }

void put_bits(std::byte* block, uint32_t at, uint32_t bits) { block[at] |= static_cast<std::byte>(bits); }

// ---- Scales of a group -----------------------------------------------------------------------------------

/// What a group's elements are made of: scale * (quant - bias) - offset.
struct Scale {
    float scale = 0, offset = 0;
};

/// Squared error and least-squares sums of a choice of quants; large elements weigh more.
struct Sums {
    float w = 0, x = 0, xx = 0, q = 0, xq = 0, qq = 0;

    float error(float scale, float offset) const {
        return xx - 2 * (scale * xq - offset * x) + scale * scale * qq - 2 * scale * offset * q +
               offset * offset * w;
    }
};

float mean_magnitude(Values values) {
    float sum = 0;
    for (const float value : values) sum += std::abs(value);
    return sum / static_cast<float>(values.size());
}

float extreme_of(Values values) {
    return *std::ranges::max_element(values, {}, [](float value) { return std::abs(value); });
}

/// Gives `take` the sums of every trial in turn, in which the elements' quants are `to_quants` of their
/// distances from `origin` times `inverse_of(trial)`. Trials are computed side by side; the sums of each are
/// in the order of the elements.
template <typename InverseOf, typename ToQuants, typename Take>
void try_scales(Values values, float origin, size_t trials, const InverseOf& inverse_of,
                const ToQuants& to_quants, const Take& take) {
    const float mean = mean_magnitude(values);
    std::array<float, 32> weights, weighted;
    RWKVK_ASSERT(values.size() <= weights.size());
    Sums sums;
    for (size_t i = 0; i < values.size(); ++i) {
        weights[i] = mean + std::abs(values[i]);
        weighted[i] = weights[i] * values[i];
        sums.w += weights[i];
        sums.x += weighted[i];
        sums.xx += weighted[i] * values[i];
    }
    for (size_t first = 0; first < trials; first += lanes) {
        Floats inverse{}, q{}, xq{}, qq{};
        for (size_t lane = 0; lane < lanes; ++lane)
            inverse[lane] = inverse_of(static_cast<float>(first + lane));
        for (size_t i = 0; i < values.size(); ++i) {
            const Floats quants = to_quants((values[i] - origin) * inverse),
                         weight_quants = weights[i] * quants;
            q += weight_quants;
            xq += weighted[i] * quants;
            qq += weight_quants * quants;
        }
        for (size_t lane = 0; lane < lanes && first + lane < trials; ++lane) {
            sums.q = q[lane];
            sums.xq = xq[lane];
            sums.qq = qq[lane];
            take(sums);
        }
    }
}

/// The best scale, of either sign, for the numbers that `to_numbers` finds near others; `reach` is the number
/// of the largest magnitude.
template <typename ToNumbers>
float fit_scale(Values values, float reach, const ToNumbers& to_numbers) {
    const float extreme = extreme_of(values);
    if (extreme == 0) return 0;
    float best = extreme / reach, least = INFINITY;
    const auto inverse_of = [&](float trial) {
        return (reach + std::copysign(0.1f, reach) * (trial - 8)) / extreme;
    };
    try_scales(values, 0, 17, inverse_of, to_numbers, [&](const Sums& sums) {
        if (sums.qq == 0) return;
        const float scale = sums.xq / sums.qq, error = sums.error(scale, 0);
        if (error < least) {
            least = error;
            best = scale;
        }
    });
    return best;
}

float fit_levels(Values values, float lowest, float highest) {
    return fit_scale(values, lowest, [=](Floats x) { return nearest(x, lowest, highest); });
}

/// The best scale and offset for quants 0 .. highest. With `positive_offset` the offset is not negative.
Scale fit_range(Values values, float highest, bool positive_offset) {
    const float most = std::ranges::max(values);
    const float least_value =
        positive_offset ? std::min(0.0f, std::ranges::min(values)) : std::ranges::min(values);
    if (most <= least_value) return {0, -least_value};
    Scale best{(most - least_value) / highest, -least_value};
    float least = INFINITY;
    const auto inverse_of = [&](float trial) {
        return (highest + 0.1f * (trial - 5)) / (most - least_value);
    };
    const auto to_quants = [&](Floats x) { return nearest(x, 0, highest); };
    try_scales(values, least_value, 16, inverse_of, to_quants, [&](const Sums& sums) {
        const float determinant = sums.w * sums.qq - sums.q * sums.q;
        if (determinant <= 0) return;
        Scale fit{(sums.w * sums.xq - sums.x * sums.q) / determinant,
                  (sums.q * sums.xq - sums.qq * sums.x) / determinant};
        if (positive_offset && fit.offset < 0) fit = {sums.xq / sums.qq, 0};
        if (const float error = sums.error(fit.scale, fit.offset); error < least && fit.scale > 0) {
            least = error;
            best = fit;
        }
    });
    return best;
}

/// Scales of all groups of `size` elements.
std::vector<float> fit_scales(Values values, uint32_t size, float lowest, float highest) {
    std::vector<float> scales;
    for (size_t at = 0; at < values.size(); at += size)
        scales.push_back(fit_levels(values.subspan(at, size), lowest, highest));
    return scales;
}

std::vector<Scale> fit_ranges(Values values, uint32_t size, float highest) {
    std::vector<Scale> scales;
    for (size_t at = 0; at < values.size(); at += size)
        scales.push_back(fit_range(values.subspan(at, size), highest, /*positive_offset*/ true));
    return scales;
}

// ---- Scales of the groups' scales
// --------------------------------------------------------------------------

/// Stores the scale by which signed numbers of at most `reach` make up `scales`, and returns them plus
/// `bias`.
std::vector<uint32_t> put_signed_scales(std::byte* block, uint32_t half_at, const std::vector<float>& scales,
                                        float reach, float bias) {
    put_half(block, half_at, extreme_of(scales) / -reach);
    const float step = get_half(block, half_at);
    std::vector<uint32_t> numbers;
    for (const float scale : scales) {
        const float number = step == 0 ? 0.0f : nearest(scale / step, -reach, reach - 1);
        numbers.push_back(static_cast<uint32_t>(number + bias));
    }
    return numbers;
}

/// The same for unsigned numbers up to `reach`.
template <typename Member>
std::vector<uint32_t> put_unsigned_scales(std::byte* block, uint32_t half_at,
                                          const std::vector<Scale>& scales, Member member, float reach) {
    put_half(block, half_at, std::ranges::max(scales, {}, member).*member / reach);
    const float step = get_half(block, half_at);
    std::vector<uint32_t> numbers;
    for (const Scale& scale : scales) {
        const float number = step == 0 ? 0.0f : nearest(scale.*member / step, 0.0f, reach);
        numbers.push_back(static_cast<uint32_t>(number));
    }
    return numbers;
}

void put_12_bytes(std::byte* at, const std::vector<uint32_t>& scales, const std::vector<uint32_t>& minima) {
    for (uint32_t g = 0; g < 4; ++g) {
        put_bits(at, g, scales[g] | scales[g + 4] >> 4 << 6);
        put_bits(at, g + 4, minima[g] | minima[g + 4] >> 4 << 6);
        put_bits(at, g + 8, (scales[g + 4] & 15u) | (minima[g + 4] & 15u) << 4);
    }
}

// ---- Formats: put_scales finds and stores them, put_quant stores one element's
// --------------------------------

void put_nibble(std::byte* block, uint32_t at, uint32_t e, uint32_t n) {
    put_bits(block, at + e % 16, n << 4 * (e / 16));
}
void put_fifth_bit(std::byte* block, uint32_t at, uint32_t e, uint32_t n) {
    put_bits(block, at + e / 8, (n >> 4) << e % 8);
}

/// The nearest of `iq4_values`, less 128; of two the lower: as many steps up as there are middles below x.
Floats nearest_iq4(Floats x) {
    Floats value = static_cast<float>(iq4_values[0]) - 128.0f + Floats{};
    for (size_t i = 1; i < iq4_values.size(); ++i) {
        const auto low = static_cast<float>(iq4_values[i - 1]), high = static_cast<float>(iq4_values[i]);
        const Floats middle = (low + high) / 2 - 128.0f + Floats{}, step = high - low + Floats{};
        value += x > middle ? step : Floats{};
    }
    return value;
}

uint32_t iq4_index(uint32_t entry) {
    return static_cast<uint32_t>(std::ranges::find(iq4_values, entry) - iq4_values.begin());
}

constexpr float iq4_reach = -127.0f;

void put_scales(Q8_0, Values x, std::byte* block) { put_half(block, 0, std::abs(extreme_of(x)) / 127.0f); }
void put_quant(Q8_0, std::byte* block, uint32_t e, uint32_t q) { put_bits(block, 2 + e, q ^ 0x80u); }

void put_scales(Q4_0, Values x, std::byte* block) { put_half(block, 0, fit_levels(x, -8, 7)); }
void put_quant(Q4_0, std::byte* block, uint32_t e, uint32_t q) { put_nibble(block, 2, e, q); }

void put_range(std::byte* block, const Scale& fit) {
    put_half(block, 0, fit.scale);
    put_half(block, 2, -fit.offset);
}
void put_scales(Q4_1, Values x, std::byte* block) { put_range(block, fit_range(x, 15, false)); }
void put_quant(Q4_1, std::byte* block, uint32_t e, uint32_t q) { put_nibble(block, 4, e, q); }

void put_scales(Q5_0, Values x, std::byte* block) { put_half(block, 0, fit_levels(x, -16, 15)); }
void put_quant(Q5_0, std::byte* block, uint32_t e, uint32_t q) {
    put_nibble(block, 6, e, q & 15u);
    put_fifth_bit(block, 2, e, q);
}

void put_scales(Q5_1, Values x, std::byte* block) { put_range(block, fit_range(x, 31, false)); }
void put_quant(Q5_1, std::byte* block, uint32_t e, uint32_t q) {
    put_nibble(block, 8, e, q & 15u);
    put_fifth_bit(block, 4, e, q);
}

void put_scales(IQ4_NL, Values x, std::byte* block) {
    put_half(block, 0, fit_scale(x, iq4_reach, nearest_iq4));
}
void put_quant(IQ4_NL, std::byte* block, uint32_t e, uint32_t q) { put_nibble(block, 2, e, iq4_index(q)); }

void put_scales(Q2_K, Values x, std::byte* block) {
    const std::vector<Scale> groups = fit_ranges(x, Q2_K::group, 3);
    const auto scales = put_unsigned_scales(block, 80, groups, &Scale::scale, 15);
    const auto minima = put_unsigned_scales(block, 82, groups, &Scale::offset, 15);
    for (uint32_t g = 0; g < 16; ++g) put_bits(block, g, scales[g] | minima[g] << 4);
}
void put_quant(Q2_K, std::byte* block, uint32_t e, uint32_t q) {
    put_bits(block, 16 + 32 * (e / 128) + e % 32, q << 2 * (e % 128 / 32));
}

void put_scales(Q3_K, Values x, std::byte* block) {
    const auto scales = put_signed_scales(block, 108, fit_scales(x, Q3_K::group, -4, 3), 32, 32);
    for (uint32_t s = 0; s < 16; ++s) {
        put_bits(block, 96 + s % 8, (scales[s] & 15u) << 4 * (s / 8));
        put_bits(block, 104 + s % 4, (scales[s] >> 4) << 2 * (s / 4));
    }
}
void put_quant(Q3_K, std::byte* block, uint32_t e, uint32_t q) {
    put_bits(block, 32 + 32 * (e / 128) + e % 32, (q & 3u) << 2 * (e % 128 / 32));
    put_bits(block, e % 32, (q >> 2) << e / 32);
}

void put_scales_of_k(Values x, uint32_t group, float highest, std::byte* block) {
    const std::vector<Scale> groups = fit_ranges(x, group, highest);
    const auto scales = put_unsigned_scales(block, 0, groups, &Scale::scale, 63);
    const auto minima = put_unsigned_scales(block, 2, groups, &Scale::offset, 63);
    put_12_bytes(block + 4, scales, minima);
}
void put_scales(Q4_K, Values x, std::byte* block) { put_scales_of_k(x, Q4_K::group, 15, block); }
void put_quant(Q4_K, std::byte* block, uint32_t e, uint32_t q) {
    put_bits(block, 16 + 32 * (e / 64) + e % 32, q << 4 * (e / 32 % 2));
}

void put_scales(Q5_K, Values x, std::byte* block) { put_scales_of_k(x, Q5_K::group, 31, block); }
void put_quant(Q5_K, std::byte* block, uint32_t e, uint32_t q) {
    put_bits(block, 48 + 32 * (e / 64) + e % 32, (q & 15u) << 4 * (e / 32 % 2));
    put_bits(block, 16 + e % 32, (q >> 4) << e / 32);
}

void put_scales(Q6_K, Values x, std::byte* block) {
    const auto scales = put_signed_scales(block, 208, fit_scales(x, Q6_K::group, -32, 31), 128, 128);
    for (uint32_t s = 0; s < 16; ++s) put_bits(block, 192 + s, scales[s] ^ 0x80u);
}
void put_quant(Q6_K, std::byte* block, uint32_t e, uint32_t q) {
    const uint32_t c = e / 128, j = e % 128 / 32, l = e % 32;
    put_bits(block, 64 * c + 32 * (j % 2) + l, (q & 15u) << 4 * (j / 2));
    put_bits(block, 128 + 32 * c + l, (q >> 4) << 2 * j);
}

void put_scales(IQ4_XS, Values x, std::byte* block) {
    std::vector<float> groups;
    for (uint32_t at = 0; at < x.size(); at += IQ4_XS::group)
        groups.push_back(fit_scale(x.subspan(at, IQ4_XS::group), iq4_reach, nearest_iq4));
    const auto scales = put_signed_scales(block, 0, groups, 32, 32);
    for (uint32_t g = 0; g < 8; ++g) {
        put_bits(block, 4 + g / 2, (scales[g] & 15u) << 4 * (g % 2));
        put_bits(block, 2 + g / 4, (scales[g] >> 4) << 2 * (g % 4));
    }
}
void put_quant(IQ4_XS, std::byte* block, uint32_t e, uint32_t q) {
    put_bits(block, 8 + 16 * (e / 32) + e % 16, iq4_index(q) << 4 * (e % 32 / 16));
}

template <typename Format>
constexpr uint32_t highest_quant = 2 * Format::bias - 1;
template <>
constexpr uint32_t highest_quant<Q4_1> = 15;
template <>
constexpr uint32_t highest_quant<Q5_1> = 31;
template <>
constexpr uint32_t highest_quant<Q2_K> = 3;
template <>
constexpr uint32_t highest_quant<Q4_K> = 15;
template <>
constexpr uint32_t highest_quant<Q5_K> = 31;

/// The quant whose value is nearest to `x` in multiples of the scale.
template <typename Format>
uint32_t nearest_quant(float x) {
    if constexpr (std::is_same_v<Format, IQ4_NL> || std::is_same_v<Format, IQ4_XS>) {
        return static_cast<uint32_t>(nearest_iq4(Floats{x})[0] + 128.0f);
    } else {
        constexpr float bias = Format::bias;
        return static_cast<uint32_t>(nearest(x, -bias, highest_quant<Format> - bias) + bias);
    }
}

}  // namespace

void encode_block(WeightFormat format, Values values, std::byte* block) {
    std::memset(block, 0, info(format).block_bytes);
    with_block_format(format, [&](auto f) {
        using Format = decltype(f);
        put_scales(f, values, block);
        const OneRow row{block};
        for (uint32_t first = 0; first < values.size(); first += Format::group) {
            const float scale = Format::scale(row, first);
            float offset = 0;
            if constexpr (Format::has_offset) offset = Format::offset(row, first);
            for (uint32_t e = first; e < first + Format::group; ++e) {
                const float x = Format::has_offset ? values[e] + offset : values[e];
                put_quant(f, block, e, nearest_quant<Format>(scale == 0 ? 0.0f : x / scale));
            }
        }
    });
}

}  // namespace rwkvk::blocks
