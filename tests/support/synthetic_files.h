#pragma once
// Random models of every version as tensors, to be written under any name and in any layout.

#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "runtime/load/official.h"
#include "runtime/load/safetensors/safetensors.h"
#include "runtime/model/model.h"
#include "tests/support/file_builder.h"
#include "tests/support/random_model.h"
#include "tests/support/temporary_folder.h"

namespace rwkvk::test {

using TensorMap = std::map<std::string, RandomTensor>;

/// Rows and columns exchanged in each of `planes` matrices that lie one below the other.
inline RandomTensor turned(const RandomTensor& tensor, uint64_t planes = 1) {
    const uint64_t cols = tensor.shape.back(), rows = tensor.values.size() / cols / planes;
    RandomTensor result{{cols, rows}, std::vector<float>(tensor.values.size())};
    if (planes > 1) result.shape.insert(result.shape.begin(), planes);
    for (uint64_t p = 0; p < planes; ++p) {
        for (uint64_t r = 0; r < rows; ++r) {
            for (uint64_t c = 0; c < cols; ++c)
                result.values[(p * cols + c) * rows + r] = tensor.values[(p * rows + r) * cols + c];
        }
    }
    return result;
}

/// Matrices of low rank, of which one comes in five planes.
inline bool is_lora(const std::string& name) { return load::is_official_lora(name); }
inline uint64_t planes_of(const std::string& name) { return name.ends_with("time_maa_w2") ? 5 : 1; }

/// Whether the official code saves it as heads x their size, of a single head too.
inline bool is_of_heads(const std::string& name) {
    return name.ends_with(".r_k") || name.ends_with(".time_faaaa") || name.ends_with(".time_decay");
}

/// As the official code saves them, but for ones in front of shapes.
inline TensorMap official_tensors(const Model& model) {
    TensorMap tensors;
    for (const std::string& name : model.weights().names()) {
        const auto shape = *model.weights().find(name);
        RandomTensor tensor{{shape.out, shape.in}, model.weights().read_vector(name)};
        if (shape.out == 1 && !is_of_heads(name)) tensor.shape.erase(tensor.shape.begin());
        tensors[name] = is_lora(name) ? turned(tensor, planes_of(name)) : tensor;
    }
    return tensors;
}

inline void write_tensors(const std::string& path, const TensorMap& tensors,
                          const load::Metadata& metadata = {}) {
    std::vector<load::TensorToWrite> list;
    for (const auto& [name, tensor] : tensors) list.push_back({name, tensor.shape, tensor.values});
    load::write_safetensors(path, list, metadata);
}

/// As PyTorch saves a state dict of float32 tensors.
inline std::string pth_of(const TensorMap& tensors) {
    pickle::Entries entries;
    Storages storages;
    for (const auto& [name, tensor] : tensors) {
        const std::string key = std::to_string(storages.size());
        const auto* bytes = reinterpret_cast<const char*>(tensor.values.data());
        entries.push_back({name, pickle::tensor_f32(key, {tensor.shape.begin(), tensor.shape.end()})});
        storages.push_back({key, std::string(bytes, tensor.values.size() * sizeof(float))});
    }
    return pth(pickle::dict(entries), storages);
}

inline void write_bytes(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

inline std::shared_ptr<const Model> through_file(const TensorMap& tensors) {
    const TemporaryFolder folder;
    write_tensors(folder / "m.safetensors", tensors);
    return Model::load(folder / "m.safetensors");
}

/// Every tensor under the name that `rename` gives it.
inline TensorMap renamed(const TensorMap& tensors, const auto& rename) {
    TensorMap result;
    for (const auto& [name, tensor] : tensors) result[rename(name)] = tensor;
    return result;
}

}  // namespace rwkvk::test
