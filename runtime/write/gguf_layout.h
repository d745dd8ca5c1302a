#pragma once
// Which tensors a GGUF file of a model has, and what of the model they are made of.

#include <string>
#include <string_view>
#include <vector>

#include "runtime/model/model.h"

namespace rwkvk {

struct GgufLayoutTensor {
    std::string name;                   // in the file
    std::vector<std::string> official;  // whose rows it holds, one below the other; all of the same shape
    std::vector<uint64_t> shape;        // in the file, row-major
};

struct GgufLayout {
    std::string_view architecture;
    std::vector<GgufLayoutTensor> tensors;  // in the order of the file
};

/// The layout that llama.cpp reads, where it knows the version; the official names as they are otherwise
/// (docs/FORMATS.md). Errors: Code::unsupported naming a tensor that has no place in the file.
GgufLayout gguf_layout(const Model& model);

}  // namespace rwkvk
