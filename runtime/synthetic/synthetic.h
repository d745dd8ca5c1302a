#pragma once

#include <memory>
#include <string>

#include "runtime/graph/weight_source.h"

namespace rwkvk {

/// A random model that never was in a file: "v7:0.1b:f16" (versions v4 to v7a, rwkv6qwen2, arwkv7; sizes
/// 0.1b, 0.4b, 1.5b, 2.9b, 7.2b, 13b), or "v7:2x768:f16" and "v7:2x768x264:f16" for layers x width (x vocabulary
/// rows; 65536 if not given). Of a format of blocks are the large matrices; the low-rank ones are then f16.
struct SyntheticSpec {
    std::string version;  // "v7": a row of the table in synthetic_tensors.cpp
    uint32_t layers, width, vocabulary;
    WeightFormat format;
    uint64_t seed = 1;

    /// Errors: Code::bad_argument showing the accepted form.
    static SyntheticSpec parse(const std::string& text, uint64_t seed = 1);
};

/// Weights from a counter-based generator: the same spec gives the same bits everywhere, in any order of
/// reading.
std::unique_ptr<WeightSource> make_synthetic_source(const SyntheticSpec& spec);

}  // namespace rwkvk
