#pragma once
// In which formats a model's matrices are stored, where they are to be others than its file's.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/catalogue/catalogue.h"

namespace rwkvk {

class Model;

/// What is asked for. Where nothing is given, matrices stay as they are.
struct MatrixFormats {
    using ByLayer = WeightFormat (*)(uint32_t layer, uint32_t layers);

    std::optional<WeightFormat> matrices = {};
    ByLayer down = nullptr;                 // of the second matrix of the hybrids' FFN; null: as `matrices`
    std::optional<WeightFormat> head = {};  // nothing: at least q6_k where `matrices` is smaller
    std::optional<WeightFormat> embedding = {};  // nothing: as `matrices`
    std::optional<uint32_t> file_type = {};  // llama.cpp's number for such a file; nothing: by what it holds
    std::string_view name = {};              // of all this, as `matrix_formats_named` takes it; or empty
};

/// The format of every matrix of the model's programs. Low-rank matrices, and others whose rows are not whole
/// blocks, get the next larger format that fits; those that llama.cpp's converter widens are f32.
std::map<std::string, WeightFormat> choose_formats(const Model& model, const MatrixFormats& formats);

}  // namespace rwkvk
