#pragma once
// What the processor computes with. Every set gives the same bits; they differ in speed.

#include <span>
#include <string_view>
#include <vector>

namespace rwkvk::cpu {

/// In order, the plainest first: a processor that has one has all those of its kind before it.
enum class InstructionSet {
    baseline,  // x86-64: SSE2; arm64: NEON
#if defined(__x86_64__)
    avx2,        // with F16C and FMA
    avx512,      // F, BW, DQ, VL
    avx512vnni,  // byte products
    amx_int8,    // matrix tiles of bytes
#elif defined(__aarch64__)
    dotprod,
    i8mm,
#endif
};

/// "avx512vnni"
const char* name_of(InstructionSet set);

/// Of this processor, as far as the system lets programs use them; in order.
const std::vector<InstructionSet>& available_sets();

/// The one named by `wanted`, or the last where that is empty. Errors: Code::bad_argument for one that is not
/// available.
InstructionSet choose_set(std::span<const InstructionSet> available, std::string_view wanted);

/// What is used where nobody says otherwise: `choose_set` with the value of RWKVK_CPU, which is read once.
/// Errors: as there, each time.
InstructionSet chosen_set();

}  // namespace rwkvk::cpu
