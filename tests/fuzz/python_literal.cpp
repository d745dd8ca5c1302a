// A literal of a vocabulary in the World syntax.

#include "runtime/text/python_literal.h"
#include "tests/fuzz/input.h"

void rwkvk::fuzz::read_input(std::string_view input) { text::bytes_of_python_literal(input); }
