#pragma once
// The words of a SPIR-V module as a checked sequence of instructions, and the few numbers of the format that
// this program needs (SPIR-V specification, "Binary Form").

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rwkvk::vk::spirv {

constexpr uint32_t magic = 0x07230203;
constexpr size_t header_words = 5;

enum Op : uint32_t {
    op_extension = 10,
    op_entry_point = 15,
    op_execution_mode = 16,
    op_capability = 17,
    op_type_int = 21,
    op_type_float = 22,
    op_type_vector = 23,
    op_type_array = 28,
    op_type_runtime_array = 29,
    op_type_struct = 30,
    op_type_pointer = 32,
    op_constant = 43,
    op_constant_composite = 44,
    op_spec_constant = 50,
    op_spec_constant_composite = 51,
    op_function_end = 56,
    op_variable = 59,
    op_decorate = 71,
    op_member_decorate = 72,
    op_f_negate = 127,
    op_f_add = 129,
    op_f_sub = 131,
    op_f_mul = 133,
    op_execution_mode_id = 331,
};

enum Decoration : uint32_t {
    spec_id = 1,
    buffer_block = 3,
    array_stride = 6,
    built_in = 11,
    non_writable = 24,
    non_readable = 25,
    binding = 33,
    descriptor_set = 34,
    member_offset = 35,
    no_contraction = 42,
};

enum StorageClass : uint32_t { uniform_constant = 0, uniform = 2, push_constant = 9, storage_buffer = 12 };

enum : uint32_t {
    model_compute = 5,
    mode_local_size = 17,
    mode_local_size_id = 38,
    built_in_workgroup_size = 25,
    // Capabilities and execution modes of SPV_KHR_float_controls: five each, in the same order.
    capability_float_controls_first = 4464,
    capability_float_controls_last = 4468,
    capability_keep_signed_zero = 4466,
    capability_round_to_even = 4467,
    mode_keep_signed_zero = 4461,
    mode_round_to_even = 4462,
};

constexpr std::string_view float_controls_extension = "SPV_KHR_float_controls";

/// Throws Code::bad_file saying what is wrong with the module.
[[noreturn]] void refuse(const std::string& what);

/// One instruction; `words[0]` is its length and opcode.
class Instruction {
  public:
    explicit Instruction(std::span<const uint32_t> all) : words_(all) {}

    Op op() const { return static_cast<Op>(words_[0] & 0xffff); }
    std::span<const uint32_t> words() const { return words_; }
    size_t size() const { return words_.size(); }
    /// Errors: Code::bad_file where the instruction is shorter.
    uint32_t operator[](size_t index) const;
    /// The literal string that starts at a word.
    std::string string_at(size_t index) const;

  private:
    std::span<const uint32_t> words_;
};

/// The instructions of a module, for range-for. Errors: Code::bad_file from the constructor for a wrong
/// header, while iterating for an instruction that leaves the module.
class Module {
  public:
    explicit Module(std::span<const uint32_t> words);

    class Iterator {
      public:
        explicit Iterator(std::span<const uint32_t> rest) : rest_(rest) {}
        Instruction operator*() const;
        Iterator& operator++();
        bool operator!=(const Iterator& other) const { return rest_.size() != other.rest_.size(); }

      private:
        std::span<const uint32_t> rest_;
    };
    Iterator begin() const { return Iterator(words_.subspan(header_words)); }
    Iterator end() const { return Iterator({}); }
    std::span<const uint32_t> header() const { return words_.first(header_words); }

  private:
    std::span<const uint32_t> words_;
};

}  // namespace rwkvk::vk::spirv
