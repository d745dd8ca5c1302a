// A whole rwkv.cpp .bin file.

#include "runtime/load/rwkv_cpp.h"
#include "tests/fuzz/checkpoint.h"
#include "tests/fuzz/input.h"

void rwkvk::fuzz::read_input(std::string_view input) { touch(load::read_rwkv_cpp(bytes_of(input), "fuzz")); }
