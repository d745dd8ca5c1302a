#pragma once
// A small reader of SPIR-V compute modules: enough to hold a kernel to the tables, and to adapt a module to
// the device it is created on. No Vulkan types.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rwkvk::vk {

struct Reflection {
    struct Binding {
        uint32_t binding = 0;
        bool readonly = false;   // NonWritable on the variable or on every member
        bool writeonly = false;  // NonReadable likewise
    };
    std::vector<Binding> bindings;                      // storage buffers of set 0, by binding number
    uint32_t push_bytes = 0;                            // size of the push-constant block
    std::vector<uint32_t> specialisation_ids;           // sorted SpecId values, the local size's included
    std::array<uint32_t, 3> local_size{1, 1, 1};        // literal local size
    std::array<int64_t, 3> local_size_ids{-1, -1, -1};  // SpecId of each dimension, -1 where literal
    std::vector<uint32_t> capabilities;
    bool keeps_signed_zero = false;  // SignedZeroInfNanPreserve 32 declared
    uint32_t float_arithmetic = 0;   // float + - * and negate instructions
    uint32_t decorated = 0;          // of these, decorated NoContraction
};

/// Errors: Code::bad_file for anything that is not a SPIR-V compute module with one entry point, or that has
/// a descriptor set other than 0 or a resource other than storage buffers.
Reflection reflect(std::span<const uint32_t> words);

/// Declares RoundingModeRTE for 32 bits (capability, extension and execution mode), as the SPIR-V order
/// wants.
std::vector<uint32_t> with_round_to_even(std::span<const uint32_t> words);
/// Removes the SignedZeroInfNanPreserve mode and capability (and the float-controls extension when unused).
std::vector<uint32_t> without_signed_zero_mode(std::span<const uint32_t> words);

}  // namespace rwkvk::vk
