#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runtime/text/tokenizer.h"

namespace rwkvk::text {

struct VocabularyEntry {
    Token id;
    std::string bytes;
};

/// The lines of a vocabulary file in the World syntax, in the order of their bytes; no two have the same id
/// or the same bytes, and there is at least one. Errors: Code::io; Code::bad_file naming the line.
std::vector<VocabularyEntry> read_world_vocabulary(const std::filesystem::path& path);

/// Puts entries into the order of their bytes. Errors: Code::bad_file when two have the same id or the same
/// bytes; `where` names the vocabulary.
void sort_vocabulary(std::vector<VocabularyEntry>& entries, const std::string& where);

}  // namespace rwkvk::text
