#pragma once
// The types of files that llama-quantize knows, by its names.

#include <string_view>

#include "runtime/write/gguf_formats.h"

namespace rwkvk {

/// "Q4_K_M", "q8_0", "15": what llama.cpp makes of that name for a model of RWKV, in any case; "keep" and
/// "COPY" change no matrix. Errors: Code::bad_argument, with what to take instead where llama.cpp has a name
/// that is not written here.
GgufFormats gguf_formats_named(std::string_view name);

}  // namespace rwkvk
