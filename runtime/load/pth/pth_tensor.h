#pragma once
// Tensors and storages as PyTorch's pickles describe them, checked against the bytes that are really there.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/load/pth/pickle.h"
#include "runtime/load/tensor.h"

namespace rwkvk::load {

/// ('storage', class, key, location, element count[, view]): what a persistent id says.
struct StorageId {
    std::string_view key;
    DType dtype = DType::u8;
    uint64_t size_bytes = 0;
};

/// Errors: Code::bad_file if the tuple at `index` is none of a storage; `where` starts the message.
StorageId storage_id(const PickleHeap& heap, uint32_t index, const std::string& where);

/// All bytes the file keeps under a storage key. Errors: Code::bad_file when there are none.
using StorageLookup = std::function<std::span<const std::byte>(std::string_view key)>;

/// The view that a Kind::tensor value describes.
/// Errors: Code::bad_file unless every element lies inside its storage; Code::unsupported over max_dims.
TensorView tensor_view(const PickleHeap& heap, const Value& tensor, const StorageLookup& storage,
                       const std::string& where);

}  // namespace rwkvk::load
