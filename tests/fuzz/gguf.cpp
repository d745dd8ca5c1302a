// A whole GGUF file, and the tokenizer that its vocabulary makes.

#include "runtime/load/gguf/gguf.h"
#include "runtime/model/vocabulary_file.h"
#include "tests/fuzz/checkpoint.h"
#include "tests/fuzz/input.h"

void rwkvk::fuzz::read_input(std::string_view input) {
    const load::Checkpoint checkpoint = load::read_gguf(bytes_of(input), "fuzz");
    touch(checkpoint);
    if (checkpoint.vocabulary) make_tokenizer(*checkpoint.vocabulary)->encode("\n a<s>\xff");
}
