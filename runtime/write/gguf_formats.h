#pragma once
// In which formats a GGUF file stores a model.

#include <optional>
#include <set>
#include <string>

#include "runtime/model/model.h"

namespace rwkvk {

/// What a file is to hold. Where nothing is given, matrices stay as they are.
struct GgufFormats {
    using ByLayer = WeightFormat (*)(uint32_t layer, uint32_t layers);

    std::optional<WeightFormat> matrices = {};
    ByLayer down = nullptr;                 // of the second matrix of the hybrids' FFN; null: as `matrices`
    std::optional<WeightFormat> head = {};  // nothing: at least q6_k where `matrices` is smaller
    std::optional<WeightFormat> embedding = {};  // nothing: as `matrices`
    std::optional<uint32_t> file_type = {};      // nothing: that of most elements
};

/// The format of every tensor of a file.
class GgufFormatChoice {
  public:
    GgufFormatChoice(const Model& model, const GgufFormats& formats);

    /// Vectors are f32. Low-rank matrices, and others whose rows are not whole blocks, get the next larger
    /// format that fits.
    WeightFormat of(const std::string& official) const;
    /// llama.cpp's number for such a file (`general.file_type`).
    uint32_t file_type() const;

  private:
    const Model& model_;
    const GgufFormats formats_;
    std::set<std::string> matrices_;  // what the programs use as such
};

}  // namespace rwkvk
