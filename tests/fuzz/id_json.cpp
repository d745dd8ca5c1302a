// A JSON object of ids with texts, in UTF-16 too.

#include "runtime/model/vocabulary_file.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/vocabulary.h"

void rwkvk::fuzz::read_input(std::string_view input) { encode_with(*parse_vocabulary(input, "fuzz")); }
