#pragma once

#include <string>

#include "runtime/graph/progress.h"
#include "runtime/synthetic/synthetic.h"
#include "runtime/synthetic/synthetic_model.h"

namespace rwkvk {

/// Writes a random model as a GGUF file, which llama.cpp reads too where it knows the version; its logits are
/// those of synthetic_model of the same spec and seed. `vocabulary` names a file in the World syntax;
/// without one (empty) ids 1 to 256 are the single bytes. Errors: as SyntheticSpec::parse,
/// make_model_tokenizer and write_model_gguf. What was at `path` is then left as it was.
void write_synthetic_gguf(const std::string& path, const std::string& spec, uint64_t seed,
                          const std::string& vocabulary = {}, const Progress& progress = {});

}  // namespace rwkvk
