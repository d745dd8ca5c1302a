#pragma once
// LoRA adapters in GGUF files, as llama.cpp's converter writes them.

#include <cstddef>
#include <span>
#include <string>

#include "runtime/load/adapter.h"

namespace rwkvk::load {

/// Whether it is a GGUF file that says it is an adapter. Errors: Code::bad_file for a damaged one.
bool is_gguf_adapter(std::span<const std::byte> file, const std::string& path);

/// Matrices of single elements under the names of `gguf_names`.
/// Errors: Code::bad_file; Code::unsupported for kinds other than LoRA, architectures without names and other
/// element types. The caller keeps `file`; `storage` is left empty.
Adapter read_gguf_adapter(std::span<const std::byte> file, const std::string& path);

}  // namespace rwkvk::load
