#pragma once

#include <string>

#include "runtime/graph/backend.h"
#include "runtime/model/synthetic.h"

namespace rwkvk {

/// Writes a random model as a GGUF file that llama.cpp reads too; its logits are those of the model that
/// make_synthetic_source makes of the same spec. `vocabulary` names a file in the World syntax; without one
/// (empty) ids 1 to 256 are the single bytes. Vectors and `w1`, `w2` are stored as F32, as converters do.
/// Errors: Code::io; Code::bad_file for the vocabulary; Code::bad_argument when it has more ids than the
/// model has rows; Code::cancelled. What was at `path` is then left as it was.
void write_synthetic_gguf(const std::string& path, const SyntheticSpec& spec,
                          const std::string& vocabulary = {}, const Progress& progress = {});

}  // namespace rwkvk
