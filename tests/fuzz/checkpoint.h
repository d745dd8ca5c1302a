#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "runtime/load/tensor.h"

namespace rwkvk::fuzz {

inline std::span<const std::byte> bytes_of(std::string_view input) {
    return {reinterpret_cast<const std::byte*>(input.data()), input.size()};
}

/// Copies the first and the last block of every tensor.
inline void touch(const load::Checkpoint& checkpoint) {
    for (const auto& [name, tensor] : checkpoint.tensors) {
        const load::Block block = load::block_of(tensor.dtype);
        std::byte stored[256];
        if (tensor.elements() == 0) continue;
        tensor.copy(0, block.elements, stored);
        tensor.copy(tensor.elements() - block.elements, block.elements, stored);
    }
}

}  // namespace rwkvk::fuzz
