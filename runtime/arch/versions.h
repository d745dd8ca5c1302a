#pragma once
// The table of model versions.

#include <span>
#include <string_view>

#include "runtime/arch/shapes.h"
#include "runtime/graph/backend.h"

namespace rwkvk::arch {

struct Architecture {
    Dimensions dimensions;
    ModelPrograms programs;
};

struct Version {
    std::string_view name;  // "7.0"
    std::string_view gguf;  // general.architecture of its GGUF files
    /// Whether the tensors are those of this version, asked in the table's order.
    bool (*is)(const WeightSource& weights);
    /// Errors: Code::bad_shape naming the tensor; Code::unsupported for research variants, by name.
    Architecture (*read)(const WeightSource& weights);
};

std::span<const Version> all_versions();

/// The first version of the table whose tensors these are. `where` begins the message.
/// Errors: Code::unsupported where there is none, and for research variants, by name.
const Version& version_of(const WeightSource& weights, std::string_view where);

}  // namespace rwkvk::arch
