#include "amx_emulation.h"

#include <algorithm>

#if defined(__x86_64__) && defined(__linux__)
#include <csignal>
#include <cstdint>
#include <cstring>

#include <ucontext.h>
#endif

namespace rwkvk {
namespace {

#if defined(__x86_64__) && defined(__linux__)

// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, chapter 18 and volume 2.

struct Tile {
    uint8_t bytes[16][64];
};

/// What a thread's instructions work on. The layout is that of the 64 bytes of `ldtilecfg`.
struct TileState {
    struct {
        uint8_t palette, start_row, reserved[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } layout;
    Tile tiles[8];
};
static_assert(sizeof TileState::layout == 64);
thread_local TileState state;

/// An instruction with a three-byte VEX prefix.
class Instruction {
  public:
    explicit Instruction(greg_t* registers)
        : registers_(registers), code_(reinterpret_cast<const uint8_t*>(registers[REG_RIP])) {}

    /// Whether it is one of tiles, which is carried out then.
    bool emulate() {
        if (code_[0] != 0xc4 || (code_[1] & 0x1f) != 2) return false;
        const uint32_t prefix = code_[2] & 3;
        switch (code_[3]) {
            case 0x49:
                return emulate_state(prefix);
            case 0x4b:
                return emulate_memory(prefix);
            case 0x5e:
                return prefix == f3 && multiply();
            default:
                return false;
        }
    }

  private:
    enum Prefix { none, x66, f3, f2 };

    uint32_t mode() const { return code_[4] >> 6; }
    uint32_t reg() const { return code_[4] >> 3 & 7; }
    uint32_t rm() const { return code_[4] & 7; }

    void end(uint32_t bytes) { registers_[REG_RIP] += bytes; }

    uint64_t value_of(uint32_t number) const {
        constexpr int places[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                  REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
        return static_cast<uint64_t>(registers_[places[number]]);
    }

    /// The memory operand's address, without its index register when that is a stride; sets `stride_`, and
    /// `length_` of the instruction.
    uint8_t* address(bool index_is_stride) {
        const uint32_t base_high = (code_[1] & 0x20) ? 0 : 8, index_high = (code_[1] & 0x40) ? 0 : 8;
        uint64_t at = 0;
        length_ = 5;
        stride_ = 0;
        uint32_t base = rm();
        if (base == 4) {
            const uint8_t sib = code_[length_++];
            const uint32_t index = (sib >> 3 & 7) | index_high;
            base = sib & 7;
            const uint64_t offset = index == 4 ? 0 : value_of(index) << (sib >> 6);
            if (index_is_stride) {
                stride_ = offset;
            } else {
                at += offset;
            }
        }
        const bool without_base = base == 5 && mode() == 0;
        if (without_base && rm() == 5) at += static_cast<uint64_t>(registers_[REG_RIP]) + length_ + 4;
        if (!without_base) at += value_of(base | base_high);
        if (mode() == 1) at += static_cast<uint64_t>(int64_t{static_cast<int8_t>(code_[length_++])});
        if (mode() == 2 || without_base) {
            int32_t displacement;
            std::memcpy(&displacement, code_ + length_, 4);
            at += static_cast<uint64_t>(int64_t{displacement});
            length_ += 4;
        }
        return reinterpret_cast<uint8_t*>(at);
    }

    bool emulate_state(uint32_t prefix) {
        if (prefix == none && mode() == 3) {  // tilerelease
            state = {};
            end(5);
        } else if (prefix == none) {  // ldtilecfg
            std::memcpy(&state.layout, address(false), sizeof state.layout);
            std::memset(state.tiles, 0, sizeof state.tiles);
            end(length_);
        } else if (prefix == f2 && mode() == 3) {  // tilezero
            state.tiles[reg()] = {};
            end(5);
        } else {
            return false;
        }
        return state.layout.palette <= 1;
    }

    bool emulate_memory(uint32_t prefix) {
        if (prefix != f2 && prefix != f3) return false;  // tileloadd, tilestored
        uint8_t* memory = address(true);
        Tile& tile = state.tiles[reg()];
        const size_t bytes = state.layout.row_bytes[reg()];
        if (bytes == 0) return false;
        if (prefix == f2) tile = {};
        for (uint32_t row = 0; row < state.layout.rows[reg()]; ++row, memory += stride_) {
            if (prefix == f2) {
                std::memcpy(tile.bytes[row], memory, bytes);
            } else {
                std::memcpy(memory, tile.bytes[row], bytes);
            }
        }
        end(length_);
        return true;
    }

    /// tdpbsud: signed bytes of the first source, unsigned of the second.
    bool multiply() {
        const uint32_t to = reg(), first = rm(), second = ~(code_[2] >> 3) & 7;
        const auto& layout = state.layout;
        const uint32_t quads = layout.row_bytes[first] / 4;
        const bool fits = mode() == 3 && to != first && to != second && first != second && quads > 0 &&
                          layout.rows[second] == quads && layout.rows[to] == layout.rows[first] &&
                          layout.row_bytes[to] == layout.row_bytes[second];
        if (!fits) return false;
        Tile result = {};
        for (uint32_t m = 0; m < layout.rows[to]; ++m) {
            for (uint32_t n = 0; n < layout.row_bytes[to] / 4u; ++n) {
                uint32_t sum;
                std::memcpy(&sum, state.tiles[to].bytes[m] + 4 * n, 4);
                for (uint32_t k = 0; k < 4 * quads; ++k) {
                    const auto a = static_cast<int8_t>(state.tiles[first].bytes[m][k]);
                    sum += static_cast<uint32_t>(a * state.tiles[second].bytes[k / 4][4 * n + k % 4]);
                }
                std::memcpy(result.bytes[m] + 4 * n, &sum, 4);
            }
        }
        state.tiles[to] = result;
        end(5);
        return true;
    }

    greg_t* registers_;
    const uint8_t* code_;
    uint64_t stride_ = 0;
    uint32_t length_ = 0;
};

void on_illegal_instruction(int, siginfo_t*, void* context) {
    Instruction instruction(static_cast<ucontext_t*>(context)->uc_mcontext.gregs);
    if (!instruction.emulate()) std::signal(SIGILL, SIG_DFL);
}

bool install() {
    struct sigaction action = {};
    action.sa_sigaction = on_illegal_instruction;
    action.sa_flags = SA_SIGINFO;
    return sigaction(SIGILL, &action, nullptr) == 0;
}

#endif

}  // namespace

std::vector<cpu::InstructionSet> sets_to_test() {
    std::vector<cpu::InstructionSet> sets = cpu::available_sets();
#if defined(__x86_64__) && defined(__linux__)
    static const bool emulated = sets.back() == cpu::InstructionSet::avx512vnni && install();
    if (emulated) sets.push_back(cpu::InstructionSet::amx_int8);
#endif
    return sets;
}

}  // namespace rwkvk
