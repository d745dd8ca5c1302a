#pragma once
// How a GGUF file recommends that its model be sampled: llama.cpp's keys `general.sampling.*`.

#include <optional>
#include <string>

#include "runtime/load/gguf/gguf_metadata.h"
#include "runtime/load/gguf/gguf_write.h"
#include "runtime/text/sampler.h"

namespace rwkvk::load {

/// Nothing when the file has none of temp, top_k, top_p, min_p and penalty_repeat; those it lacks are off,
/// and those that no sampler takes are passed over with a warning.
std::optional<text::SamplerParams> read_gguf_sampling(const GgufMetadata& metadata);

void write_gguf_sampling(const text::SamplerParams& sampling, GgufMetadataToWrite& out);

}  // namespace rwkvk::load
