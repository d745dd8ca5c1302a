#pragma once
// GGUF model files, as llama.cpp and its converters write them.

#include <cstddef>
#include <span>
#include <string>

#include "runtime/load/gguf/gguf_container.h"
#include "runtime/load/tensor.h"

namespace rwkvk::load {

/// Reads an RWKV-6 or 7 model or one of their hybrids with Qwen2: official names and shapes, matrices [out,
/// in], its title, its vocabulary if that is one of the World algorithm and its recommended sampling. Tensors
/// that no row of `gguf_names` names keep the name they have. Errors: as read_gguf_container; Code::bad_shape
/// naming the tensor; Code::unsupported for element types that are not read yet and for norms with another
/// epsilon than RWKV's.
Checkpoint read_gguf(std::span<const std::byte> file, const std::string& path);
/// The same of a model that is split into several files, in order.
Checkpoint read_gguf(std::span<const GgufFile> files);

}  // namespace rwkvk::load
