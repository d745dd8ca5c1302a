// The index of a model in several files.

#include "runtime/load/shards.h"
#include "tests/fuzz/checkpoint.h"
#include "tests/fuzz/input.h"

void rwkvk::fuzz::read_input(std::string_view input) {
    load::shards_of(bytes_of(input), "pytorch_model.bin.index.json");
}
