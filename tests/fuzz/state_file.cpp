// A saved state of a small model.

#include "runtime/session/state_file.h"
#include "runtime/synthetic/synthetic_model.h"
#include "tests/fuzz/checkpoint.h"
#include "tests/fuzz/input.h"

void rwkvk::fuzz::read_input(std::string_view input) {
    static const auto model = synthetic_model("v7:1x32x8:f32");
    static const std::string fingerprint = model->fingerprint();  // reads all weights, once
    parse_state(bytes_of(input), "fuzz", *model);
}
