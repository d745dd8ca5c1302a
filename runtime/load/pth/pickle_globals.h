#pragma once
// The only names a pickle may mention. They are labels here: nothing is ever imported or called.

#include <cstdint>
#include <optional>
#include <string_view>

#include "runtime/load/tensor.h"

namespace rwkvk::load {

enum class Role : uint8_t { ordered_dict, tensor, tensor_v2, tensor_v3, parameter, storage, dtype };

struct Global {
    std::string_view module;
    std::string_view name;
    Role role;
    DType dtype = DType::u8;  // of Role::storage and Role::dtype
};

/// The index of a known name, or nothing.
std::optional<uint32_t> find_global(std::string_view module, std::string_view name);
const Global& global_at(uint32_t index);

/// Whether an unknown name is one of element types of 8 bits and fewer, or of a program that quantises.
bool is_of_quantised_weights(std::string_view module, std::string_view name);

}  // namespace rwkvk::load
