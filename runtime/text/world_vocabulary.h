#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/text/vocabulary.h"

namespace rwkvk::text {

/// The lines of a vocabulary in the World syntax, in their order, at least one. `where` names it in errors.
/// Errors: Code::bad_file naming the line.
std::vector<VocabularyEntry> parse_world_vocabulary(std::string_view contents, const std::string& where);

/// Of a file, in the order of their bytes; no two have the same id or the same bytes.
/// Errors: Code::io; Code::bad_file naming the line.
std::vector<VocabularyEntry> read_world_vocabulary(const std::string& path);

/// Puts entries into the order of their bytes. Errors: Code::bad_file when two have the same id or the same
/// bytes; `where` names the vocabulary.
void sort_vocabulary(std::vector<VocabularyEntry>& entries, const std::string& where);

}  // namespace rwkvk::text
