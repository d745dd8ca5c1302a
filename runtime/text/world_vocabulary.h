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

}  // namespace rwkvk::text
