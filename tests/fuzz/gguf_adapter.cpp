// An adapter in a GGUF file.

#include "runtime/load/gguf/gguf_adapter.h"
#include "tests/fuzz/checkpoint.h"
#include "tests/fuzz/input.h"

void rwkvk::fuzz::read_input(std::string_view input) {
    load::is_gguf_adapter({bytes_of(input), "fuzz"});
    load::read_gguf_adapter({bytes_of(input), "fuzz"});
}
