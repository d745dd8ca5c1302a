// Adapting a module to the float controls of a device.

#include <algorithm>

#include "host/vk/spirv.h"
#include "host/vk/spirv_words.h"

namespace rwkvk::vk {
namespace {

using namespace spirv;

class Writer {
  public:
    explicit Writer(const Module& module) : words_(module.header().begin(), module.header().end()) {}

    void add(const Instruction& instruction) {
        words_.insert(words_.end(), instruction.words().begin(), instruction.words().end());
    }
    void add(Op op, std::initializer_list<uint32_t> operands) {
        words_.push_back(static_cast<uint32_t>(operands.size() + 1) << 16 | op);
        words_.insert(words_.end(), operands);
    }
    void add_extension(std::string_view name) {
        std::vector<uint32_t> packed(name.size() / 4 + 1);  // the ending zero included
        for (size_t i = 0; i < name.size(); ++i) {
            packed[i / 4] |= static_cast<uint32_t>(static_cast<unsigned char>(name[i])) << (i % 4 * 8);
        }
        words_.push_back(static_cast<uint32_t>(packed.size() + 1) << 16 | op_extension);
        words_.insert(words_.end(), packed.begin(), packed.end());
    }
    std::vector<uint32_t> take() { return std::move(words_); }

  private:
    std::vector<uint32_t> words_;
};

bool is_capability(const Instruction& instruction, uint32_t capability) {
    return instruction.op() == op_capability && instruction[1] == capability;
}

bool is_mode(const Instruction& instruction, uint32_t mode) {
    return instruction.op() == op_execution_mode && instruction[2] == mode;
}

bool is_float_controls(const Instruction& instruction) {
    return instruction.op() == op_extension && instruction.string_at(1) == float_controls_extension;
}

struct Declared {
    bool extension = false, capability = false, mode = false;  // the last: for 32 bits
    uint32_t entry_point = 0;
};

Declared round_to_even_in(const Module& module) {
    Declared found;
    for (const Instruction instruction : module) {
        found.extension |= is_float_controls(instruction);
        found.capability |= is_capability(instruction, capability_round_to_even);
        found.mode |= is_mode(instruction, mode_round_to_even) && instruction[3] == 32;
        if (instruction.op() == op_entry_point) found.entry_point = instruction[2];
    }
    if (found.entry_point == 0) refuse("it has no entry point");
    return found;
}

bool is_other_float_capability(const Instruction& instruction) {
    return instruction.op() == op_capability && instruction[1] >= capability_float_controls_first &&
           instruction[1] <= capability_float_controls_last && instruction[1] != capability_keep_signed_zero;
}

}  // namespace

std::vector<uint32_t> with_round_to_even(std::span<const uint32_t> words) {
    const Module module(words);
    const Declared found = round_to_even_in(module);
    if (found.mode) return {words.begin(), words.end()};
    // A module begins: capabilities, extensions, imports, memory model, entry points, execution modes.
    Writer out(module);
    bool before_extensions = true, after_entry_point = false;
    if (!found.capability) out.add(op_capability, {capability_round_to_even});
    for (const Instruction instruction : module) {
        if (before_extensions && instruction.op() != op_capability) {
            before_extensions = false;
            if (!found.extension) out.add_extension(float_controls_extension);
        }
        if (after_entry_point) out.add(op_execution_mode, {found.entry_point, mode_round_to_even, 32});
        after_entry_point = instruction.op() == op_entry_point;
        out.add(instruction);
    }
    return out.take();
}

std::vector<uint32_t> without_signed_zero_mode(std::span<const uint32_t> words) {
    const Module module(words);
    bool extension_needed = false;
    for (const Instruction instruction : module) extension_needed |= is_other_float_capability(instruction);
    Writer out(module);
    for (const Instruction instruction : module) {
        if (is_capability(instruction, capability_keep_signed_zero)) continue;
        if (is_mode(instruction, mode_keep_signed_zero)) continue;
        if (is_float_controls(instruction) && !extension_needed) continue;
        out.add(instruction);
    }
    return out.take();
}

}  // namespace rwkvk::vk
