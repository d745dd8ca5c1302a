#pragma once

#include <string_view>

#include "runtime/load/gguf/gguf_write.h"

namespace rwkvk {

/// Puts a value of the user's into a file's metadata, in the place of the one that is there: "KEY=TYPE:VALUE"
/// as llama-quantize takes it, TYPE one of int, float, bool and str. Errors: Code::bad_argument for anything
/// else.
void override_gguf_metadata(std::string_view text, load::GgufMetadataToWrite& metadata);

}  // namespace rwkvk
