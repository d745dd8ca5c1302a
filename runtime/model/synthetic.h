#pragma once

#include <memory>
#include <string>

#include "runtime/graph/weight_source.h"

namespace rwkvk {

/// A random model that never was in a file: "v7:0.1b:f16" (versions v4, v5.0, v5.1, v5.2, v6, v7, v7a; sizes
/// 0.1b, 0.4b, 1.5b, 2.9b, 7.2b), or "v7:2x768:f16" and "v7:2x768x264:f16" for layers x width (x vocabulary
/// rows; 65536 if not given).
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
