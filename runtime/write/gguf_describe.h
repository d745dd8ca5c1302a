#pragma once
// What a GGUF file says of a model besides its tensors.

#include <string_view>

#include "runtime/load/gguf/gguf_write.h"
#include "runtime/load/vocabulary/vocabulary.h"
#include "runtime/model/model.h"

namespace rwkvk {

/// Metadata of the model under llama.cpp's keys; `title` may be empty.
void describe_model(const Model& model, std::string_view architecture, std::string_view title,
                    load::GgufMetadataToWrite& out);

/// The vocabulary, filled up with unused tokens to the model's rows. Errors: Code::bad_argument for one that
/// has more tokens than the model rows.
void describe_vocabulary(const load::Vocabulary& vocabulary, uint32_t rows, load::GgufMetadataToWrite& out);

}  // namespace rwkvk
