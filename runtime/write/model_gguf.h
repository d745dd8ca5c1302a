#pragma once
// Any model as a GGUF file, in any weight format.

#include <string>
#include <vector>

#include "runtime/graph/progress.h"
#include "runtime/load/vocabulary/vocabulary.h"
#include "runtime/model/matrix_formats.h"

namespace rwkvk {

struct GgufContents {
    std::string title = {};                        // general.name; may be empty
    const load::Vocabulary* vocabulary = nullptr;  // null: the file holds none
    MatrixFormats formats = {};
    std::vector<std::string> overrides = {};  // as override_gguf_metadata takes them
    uint32_t threads = 0;                     // that encode; 0: one per processor
};

/// Writes a whole file or leaves what is there; equal arguments give equal bytes. Weights that keep their
/// format keep their bits. Errors: Code::io; Code::bad_argument for a value that the format cannot hold,
/// naming the tensor, for a vocabulary that does not fit and for a bad override; Code::unsupported;
/// Code::cancelled.
void write_model_gguf(const std::string& path, const Model& model, const GgufContents& contents,
                      const Progress& progress = {});

}  // namespace rwkvk
