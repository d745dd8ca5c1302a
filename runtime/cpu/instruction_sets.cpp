#include "runtime/cpu/instruction_sets.h"

#include <cstdint>
#include <cstdlib>
#include <string>

#include "host/error.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace rwkvk::cpu {
namespace {

#if defined(__x86_64__)
/// By hand: compilers differ in the names that they know for __builtin_cpu_supports.
struct Cpuid {
    unsigned a = 0, b = 0, c = 0, d = 0;

    explicit Cpuid(unsigned leaf) { __get_cpuid_count(leaf, 0, &a, &b, &c, &d); }
};

bool all_of(uint64_t value, uint64_t bits) { return (value & bits) == bits; }

/// Which registers the system saves when it changes threads.
uint64_t saved_registers() {
    uint32_t low = 0, high = 0;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return uint64_t{high} << 32 | low;
}

/// Linux gives the tiles' memory only to processes that ask for it, and the answer holds for all their
/// threads.
bool may_use_tiles() {
#if defined(__linux__) && defined(SYS_arch_prctl)
    constexpr long request_permission = 0x1023, tile_data = 18;
    return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
    return false;
#endif
}

std::vector<InstructionSet> find_sets() {
    constexpr uint64_t vectors_256 = 0x6, vectors_512 = 0xe0, tiles = 0x60000;  // of the saved registers
    std::vector<InstructionSet> sets = {InstructionSet::baseline};
    const Cpuid leaf_1(1), leaf_7(7);
    const uint64_t saved = leaf_1.c & bit_OSXSAVE ? saved_registers() : 0;

    const bool avx2 = all_of(leaf_1.c, bit_AVX | bit_F16C | bit_FMA) && all_of(leaf_7.b, bit_AVX2);
    if (!avx2 || !all_of(saved, vectors_256)) return sets;
    sets.push_back(InstructionSet::avx2);

    const bool avx512 = all_of(leaf_7.b, bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL);
    if (!avx512 || !all_of(saved, vectors_512)) return sets;
    sets.push_back(InstructionSet::avx512);

    if (!all_of(leaf_7.c, bit_AVX512VNNI)) return sets;
    sets.push_back(InstructionSet::avx512vnni);

    constexpr unsigned amx_tile = 1u << 24, amx_int8 = 1u << 25;
    if (all_of(leaf_7.d, amx_tile | amx_int8) && all_of(saved, tiles) && may_use_tiles())
        sets.push_back(InstructionSet::amx_int8);
    return sets;
}
#elif defined(__aarch64__) && defined(__linux__)
std::vector<InstructionSet> find_sets() {
    constexpr unsigned long dotprod = 1ul << 20, i8mm = 1ul << 13;  // HWCAP_ASIMDDP, HWCAP2_I8MM
    std::vector<InstructionSet> sets = {InstructionSet::baseline};
    if ((getauxval(AT_HWCAP) & dotprod) == 0) return sets;
    sets.push_back(InstructionSet::dotprod);
    if ((getauxval(AT_HWCAP2) & i8mm) != 0) sets.push_back(InstructionSet::i8mm);
    return sets;
}
#else
std::vector<InstructionSet> find_sets() { return {InstructionSet::baseline}; }
#endif

}  // namespace

const char* name_of(InstructionSet set) {
    switch (set) {
        case InstructionSet::baseline:
            return "baseline";
#if defined(__x86_64__)
        case InstructionSet::avx2:
            return "avx2";
        case InstructionSet::avx512:
            return "avx512";
        case InstructionSet::avx512vnni:
            return "avx512vnni";
        case InstructionSet::amx_int8:
            return "amx_int8";
#elif defined(__aarch64__)
        case InstructionSet::dotprod:
            return "dotprod";
        case InstructionSet::i8mm:
            return "i8mm";
#endif
    }
    return "?";
}

const std::vector<InstructionSet>& available_sets() {
    static const std::vector<InstructionSet> sets = find_sets();
    return sets;
}

InstructionSet choose_set(std::span<const InstructionSet> available, std::string_view wanted) {
    if (wanted.empty()) return available.back();
    std::string names;
    for (const InstructionSet set : available) {
        if (name_of(set) == wanted) return set;
        names += concat(names.empty() ? "" : ", ", name_of(set));
    }
    throw Error(Code::bad_argument,
                concat("instruction set (RWKVK_CPU): '", wanted, "' is none of this processor's: ", names));
}

InstructionSet chosen_set() {
    static const InstructionSet chosen = [] {
        const char* wanted = std::getenv("RWKVK_CPU");
        return choose_set(available_sets(), wanted ? wanted : "");
    }();
    return chosen;
}

}  // namespace rwkvk::cpu
