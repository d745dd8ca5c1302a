// A whole .pth file, zip or legacy.

#include "runtime/load/pth/pth.h"
#include "tests/fuzz/checkpoint.h"
#include "tests/fuzz/input.h"

void rwkvk::fuzz::read_input(std::string_view input) { touch(load::read_pth(bytes_of(input), "fuzz")); }
