// Vectors as wide as the instruction set that the including file is compiled for. GCC and Clang vectors: +
// and * on them are the scalar operations per lane, so every instruction set gives the same bits.
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__AVX2__) || defined(__SSE2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace rwkvk::cpu {
namespace {

#if defined(__AVX512F__)
constexpr uint32_t lanes = 16;
#elif defined(__AVX2__)
constexpr uint32_t lanes = 8;
#else
constexpr uint32_t lanes = 4;
#endif

typedef float Floats __attribute__((vector_size(lanes * 4)));
typedef uint32_t Words __attribute__((vector_size(lanes * 4)));
typedef int32_t Integers __attribute__((vector_size(lanes * 4)));
typedef uint16_t Halves __attribute__((vector_size(lanes * 2)));
typedef uint8_t Bytes __attribute__((vector_size(lanes)));
typedef int8_t SignedBytes __attribute__((vector_size(lanes)));

template <typename Vector>
Vector load(const void* from) {
    Vector vector;
    std::memcpy(&vector, from, sizeof vector);
    return vector;
}

/// Halves, one in the low bits of each word; the sign in bit 15.
inline Floats halves_to_floats(Words half) {
    const Words magnitude = half & 0x7fffu;
    const Words normal = (magnitude << 13) + 0x38000000u;
    const Floats smallest = Floats{} + 6.103515625e-5f;
    const Floats subnormal = reinterpret_cast<Floats>((magnitude << 13) + 0x38800000u) - smallest;
    const Words is_normal = reinterpret_cast<Words>(magnitude >= 0x400u);
    const Words bits = (normal & is_normal) | (reinterpret_cast<Words>(subnormal) & ~is_normal);
    return reinterpret_cast<Floats>(bits | ((half & 0x8000u) << 16));
}

/// A vector of signed bytes. GCC widens in several steps where one instruction does.
inline Integers load_bytes(const void* from) {
#if defined(__AVX512F__)
    return reinterpret_cast<Integers>(_mm512_cvtepi8_epi32(load<__m128i>(from)));
#elif defined(__AVX2__)
    return reinterpret_cast<Integers>(_mm256_cvtepi8_epi32(_mm_cvtsi64_si128(load<long long>(from))));
#else
    return __builtin_convertvector(load<SignedBytes>(from), Integers);
#endif
}

/// A vector of f16. The conversion instructions turn subnormal halves into normal floats whatever the flush
/// mode is.
inline Floats load_halves(const void* from) {
#if defined(__AVX512F__)
    return reinterpret_cast<Floats>(_mm512_cvtph_ps(load<__m256i>(from)));
#elif defined(__AVX2__)
    return reinterpret_cast<Floats>(_mm256_cvtph_ps(load<__m128i>(from)));
#else
    return halves_to_floats(__builtin_convertvector(load<Halves>(from), Words));
#endif
}

}  // namespace
}  // namespace rwkvk::cpu
