#pragma once
// Models split into several GGUF files, as llama-gguf-split makes them: name-00001-of-00003.gguf and so on.

#include <string>

#include "runtime/load/gguf/gguf_container.h"
#include "runtime/load/tensor.h"

namespace rwkvk::load {

/// Opens all parts of the model of which the file at `path` is `part`; each stays mapped while `storage`
/// lives. Errors: Code::io for a part that is missing or cannot be read; Code::bad_file for a file whose name
/// does not tell those of the other parts, and for a part of another model; else as read_gguf.
Checkpoint open_gguf_parts(const std::string& path, const GgufPart& part);

}  // namespace rwkvk::load
