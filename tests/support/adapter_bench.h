#pragma once
// A model in a folder with adapters beside it, and transcriptions of what those mean.

#include <map>
#include <string>
#include <vector>

#include "runtime/synthetic/synthetic_model.h"
#include "tests/support/synthetic_files.h"

namespace rwkvk::test::adapters {

inline constexpr const char* key = "blocks.1.att.key";      // 64x64
inline constexpr const char* ffn_key = "blocks.0.ffn.key";  // wider than it is high
inline constexpr uint64_t rank = 5;

/// A model of version 7 in a folder, and adapters beside it.
struct Bench {
    TemporaryFolder folder;
    TensorMap tensors = official_tensors(*synthetic_model("v7:2x64x40:f32", 9));
    std::string file = folder / "model.safetensors";
    RandomModel random{17};

    Bench() { write_tensors(file, tensors); }

    RandomTensor tensor(std::vector<uint64_t> shape, float spread = 0.3f) {
        random.add("x", std::move(shape), 0, spread);
        return random.tensors["x"];
    }
    std::string write(const char* name, const TensorMap& adapter) {
        const std::string path = folder / name;
        write_bytes(path, pth_of(adapter));
        return path;
    }
    std::shared_ptr<const Model> load(const std::vector<AdapterChoice>& adapters) const {
        return Model::load(file, adapters);
    }
    RandomTensor& weight(const std::string& name) { return tensors.at(name + ".weight"); }
    uint64_t out(const std::string& name) { return weight(name).shape[0]; }
    uint64_t in(const std::string& name) { return weight(name).shape[1]; }

    /// The model has exactly the tensors that the transcriptions have left.
    void check(const std::vector<AdapterChoice>& adapters) const {
        const auto found = load(adapters), expected = through_file(tensors);
        for (const auto& [name, tensor] : tensors) {
            INFO(name);
            CHECK(found->weights().read_vector(name) == expected->weights().read_vector(name));
        }
        CHECK(found->fingerprint() == expected->fingerprint());
    }
};

/// w + scale · b·a
inline void add_product(RandomTensor& w, float scale, const RandomTensor& a, const RandomTensor& b) {
    const uint64_t out = w.shape[0], in = w.shape[1], r = a.shape[0];
    for (uint64_t o = 0; o < out; ++o) {
        for (uint64_t i = 0; i < in; ++i) {
            float sum = 0;
            for (uint64_t k = 0; k < r; ++k) sum = sum + b.values[o * r + k] * a.values[k * in + i];
            w.values[o * in + i] = w.values[o * in + i] + scale * sum;
        }
    }
}

inline TensorMap lora(Bench& bench, const std::string& name, const std::string& ending = "") {
    return {{name + ".lora_A" + ending, bench.tensor({rank, bench.in(name)})},
            {name + ".lora_B" + ending, bench.tensor({bench.out(name), rank})}};
}

}  // namespace rwkvk::test::adapters
