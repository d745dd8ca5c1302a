#include "host/float_mode.h"

#if defined(__SSE__) || defined(_M_X64)
#include <xmmintrin.h>
#endif

#include <limits>

#if defined(__FAST_MATH__)
#error "rwkvk computes exact bits: build it without -ffast-math"
#endif
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0
#error "rwkvk needs float arithmetic without excess precision (on 32-bit x86: -msse2 -mfpmath=sse)"
#endif

namespace rwkvk {
namespace {

#if defined(__SSE__) || defined(_M_X64)
// MXCSR: all exceptions masked, round to nearest; FTZ is bit 15, DAZ bit 6.
unsigned long long read_mode() { return _mm_getcsr(); }
void write_mode(unsigned long long mode) { _mm_setcsr(static_cast<unsigned>(mode)); }
constexpr unsigned long long mode_of(Denormals denormals) {
    return denormals == Denormals::flush ? 0x9fc0u : 0x1f80u;
}
#elif defined(__aarch64__)
// FPCR: FZ is bit 24; rounding mode, alternate half precision and default NaN all zero.
unsigned long long read_mode() {
    unsigned long long mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
}
void write_mode(unsigned long long mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode)); }
constexpr unsigned long long mode_of(Denormals denormals) {
    return denormals == Denormals::flush ? 1ull << 24 : 0;
}
#else
#error "float mode control is not written for this processor"
#endif

}  // namespace

FloatModeScope::FloatModeScope(Denormals denormals) : saved_(read_mode()) { write_mode(mode_of(denormals)); }

FloatModeScope::~FloatModeScope() { write_mode(saved_); }

Denormals current_denormals() {
    volatile float smallest = std::numeric_limits<float>::min();
    volatile float half = 0.5f;
    volatile float product = smallest * half;
    return product == 0.0f ? Denormals::flush : Denormals::keep;
}

}  // namespace rwkvk
