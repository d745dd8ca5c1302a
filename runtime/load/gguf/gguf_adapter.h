#pragma once
// LoRA adapters in GGUF files, as llama.cpp's converter writes them.

#include "runtime/load/adapter.h"
#include "runtime/load/gguf/gguf_container.h"

namespace rwkvk::load {

/// Matrices of single elements under the names of `gguf_names`.
/// Errors: as read_gguf_container; Code::unsupported for kinds other than LoRA and other element types. The
/// caller keeps the bytes; `storage` is left empty.
Adapter read_gguf_adapter(const GgufFile& file);

}  // namespace rwkvk::load
