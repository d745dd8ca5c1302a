#pragma once
// Vocabularies in JSON files: what Hugging Face's tokenizers library writes, and ids with their texts.

#include <string>
#include <string_view>
#include <vector>

#include "runtime/load/vocabulary/vocabulary.h"
#include "runtime/text/vocabulary.h"

namespace rwkvk::load {

/// Whether a JSON text is such a file rather than ids with their texts: its object has the key "model".
/// Errors: as Json.
bool is_tokenizer_json(std::string_view text, const std::string& where);

/// A tokenizer.json of byte-level BPE: 20B_tokenizer.json and those of Qwen2.
/// Errors: Code::bad_file for what contradicts itself; Code::unsupported for other kinds of tokenizers and
/// settings that would change a result.
Vocabulary read_tokenizer_json(std::string_view text, const std::string& where);

/// An object of decimal ids: {"1": "text", "2": [255, 254]}; texts stand for their UTF-8. At least one entry,
/// those without text are left out. Errors: Code::bad_file.
std::vector<text::VocabularyEntry> read_id_json(std::string_view text, const std::string& where);

}  // namespace rwkvk::load
