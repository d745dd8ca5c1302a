// A grammar in GBNF, and the first masks of texts that follow it.

#include "tests/fuzz/grammar_walk.h"
#include "tests/fuzz/input.h"

void rwkvk::fuzz::read_input(std::string_view input) { walk(test::gbnf(input), input); }
