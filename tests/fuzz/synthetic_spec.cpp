// What --synthetic takes.

#include "runtime/synthetic/synthetic.h"
#include "tests/fuzz/input.h"

void rwkvk::fuzz::read_input(std::string_view input) { SyntheticSpec::parse(std::string(input)); }
