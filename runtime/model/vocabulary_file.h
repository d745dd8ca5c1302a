#pragma once

#include <string>

#include "runtime/load/vocabulary.h"

namespace rwkvk {

/// A vocabulary file in the World format for a model of `rows` rows, by id, as model files hold it; id 0 and
/// ids that the file leaves out stand for no text. Errors: as text::read_world_vocabulary;
/// Code::bad_argument for an id that is not below `rows`.
load::Vocabulary read_vocabulary_file(const std::string& path, uint32_t rows);

}  // namespace rwkvk
