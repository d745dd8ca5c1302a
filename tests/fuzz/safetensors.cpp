// A whole safetensors model.

#include "runtime/load/model_tensors.h"
#include "tests/fuzz/checkpoint.h"
#include "tests/fuzz/input.h"

void rwkvk::fuzz::read_input(std::string_view input) {
    touch(load::read_safetensors_model(bytes_of(input), "fuzz"));
}
