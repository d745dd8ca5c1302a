// Sums of quants times numbers inside a group, for the instruction set that the including file is compiled
// for.
#include <cstring>

#include "runtime/cpu/linear_blocks.h"
#include "runtime/cpu/vectors.inl"

namespace rwkvk::cpu {
namespace {

// Whether quants meet the two digits of a row's numbers, byte by byte, or the numbers in pairs of 16 bits.
#if defined(__AMX_INT8__) || defined(__ARM_FEATURE_DOTPROD)
constexpr bool by_digits = true;
#else
constexpr bool by_digits = false;
#endif
// Whether bytes of quants are multiplied as signed ones, those of 8 bits without their bias then.
#if defined(__ARM_FEATURE_DOTPROD) && !defined(__ARM_FEATURE_MATMUL_INT8)
constexpr bool signed_quants = true;
#else
constexpr bool signed_quants = false;
#endif

/// acc + the products of the bytes of every lane: quants, and digits with their sign.
[[maybe_unused]] inline Integers dot_bytes(Integers acc, Words w, Words digits) {
#if defined(__AVX512VNNI__)
    return reinterpret_cast<Integers>(_mm512_dpbusd_epi32(
        reinterpret_cast<__m512i>(acc), reinterpret_cast<__m512i>(w), reinterpret_cast<__m512i>(digits)));
#elif defined(__ARM_FEATURE_MATMUL_INT8)
    return reinterpret_cast<Integers>(vusdotq_s32(reinterpret_cast<int32x4_t>(acc),
                                                  reinterpret_cast<uint8x16_t>(w),
                                                  reinterpret_cast<int8x16_t>(digits)));
#elif defined(__ARM_FEATURE_DOTPROD)
    return reinterpret_cast<Integers>(vdotq_s32(reinterpret_cast<int32x4_t>(acc),
                                                reinterpret_cast<int8x16_t>(w),
                                                reinterpret_cast<int8x16_t>(digits)));
#else
    static_cast<void>(w), static_cast<void>(digits);
    return acc;
#endif
}

/// acc + the products of the 16-bit pairs of every lane.
[[maybe_unused]] inline Integers dot_pairs(Integers acc, Words w, Words q) {
#if defined(__AVX512VNNI__)
    return reinterpret_cast<Integers>(_mm512_dpwssd_epi32(
        reinterpret_cast<__m512i>(acc), reinterpret_cast<__m512i>(w), reinterpret_cast<__m512i>(q)));
#elif defined(__AVX512BW__)
    return acc + reinterpret_cast<Integers>(
                     _mm512_madd_epi16(reinterpret_cast<__m512i>(w), reinterpret_cast<__m512i>(q)));
#elif defined(__AVX2__)
    return acc + reinterpret_cast<Integers>(
                     _mm256_madd_epi16(reinterpret_cast<__m256i>(w), reinterpret_cast<__m256i>(q)));
#elif defined(__SSE2__)
    return acc + reinterpret_cast<Integers>(
                     _mm_madd_epi16(reinterpret_cast<__m128i>(w), reinterpret_cast<__m128i>(q)));
#elif defined(__ARM_NEON)
    const int16x8_t a = reinterpret_cast<int16x8_t>(w), b = reinterpret_cast<int16x8_t>(q);
    const int32x4_t low = vmull_s16(vget_low_s16(a), vget_low_s16(b)), high = vmull_high_s16(a, b);
    return acc + reinterpret_cast<Integers>(vpaddq_s32(low, high));
#else
    const Integers a = reinterpret_cast<Integers>(w), b = reinterpret_cast<Integers>(q);
    return acc + (a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16);
#endif
}

/// The integer sum of quants times numbers for every lane; `apart` as sums of low and of high digits, or of
/// even and of odd bytes.
template <bool apart>
struct Sums {
    static_assert(apart || !by_digits);
    Integers parts[apart ? 2 : 1];

    void add(Words quad, const GroupInput& input, uint32_t n) {
        Integers &first = parts[0], &second = parts[apart ? 1 : 0];
        if constexpr (by_digits) {
            first = dot_bytes(first, quad, broadcast(input.q + 4 * n));
            second = dot_bytes(second, quad, broadcast(input.q + ROUND_GROUP + 4 * n));
        } else {
            first = dot_pairs(first, quad & 0x00ff00ffu, broadcast(input.q + 8 * n));
            second = dot_pairs(second, quad >> 8 & 0x00ff00ffu, broadcast(input.q + 8 * n + 4));
        }
    }
    Integers total() const {
        if constexpr (!apart) return parts[0];
        return parts[0] + (by_digits ? parts[1] << 8 : parts[1]);
    }

  private:
    static Words broadcast(const int8_t* from) {
        uint32_t word;
        std::memcpy(&word, from, sizeof word);
        return Words{} + word;
    }
};

}  // namespace
}  // namespace rwkvk::cpu
