// A JSON schema, and the first masks of texts that are valid by it.

#include "tests/fuzz/grammar_walk.h"
#include "tests/fuzz/input.h"

void rwkvk::fuzz::read_input(std::string_view input) { walk(test::schema(input), input); }
