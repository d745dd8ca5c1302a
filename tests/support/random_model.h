#pragma once
// Small models with the tensors that a test wants, written as a file and read again.

#include <map>
#include <string>
#include <vector>

#include "runtime/check/op_case.h"
#include "runtime/load/safetensors/safetensors.h"

namespace rwkvk::test {

struct RandomTensor {
    std::vector<uint64_t> shape;
    std::vector<float> values;
};

/// Tensors by name, with random values between centre - spread and centre + spread.
class RandomModel {
  public:
    explicit RandomModel(uint64_t seed) : random_(seed) {}

    void add(const std::string& name, std::vector<uint64_t> shape, float centre, float spread) {
        uint64_t count = 1;
        for (const uint64_t size : shape) count *= size;
        RandomTensor tensor{std::move(shape), std::vector<float>(count)};
        for (float& value : tensor.values)
            value = centre + spread * (static_cast<float>(random_.below(1u << 20)) * 0x1p-19f - 1.0f);
        tensors[name] = std::move(tensor);
    }
    /// Embedding, head, the norms around the blocks and within.
    void frame(uint64_t layers, uint64_t width, uint64_t vocabulary) {
        add("emb.weight", {vocabulary, width}, 0, 1);
        add("head.weight", {vocabulary, width}, 0, 0.4f);
        norm("ln_out", width);
        norm("blocks.0.ln0", width);
        for (uint64_t i = 0; i < layers; ++i) {
            norm(concat("blocks.", i, ".ln1"), width);
            norm(concat("blocks.", i, ".ln2"), width);
        }
    }
    void norm(const std::string& name, uint64_t width) {
        add(name + ".weight", {width}, 1.0f, 0.2f);
        add(name + ".bias", {width}, 0.0f, 0.1f);
    }

    void write(const std::string& path) const {
        std::vector<load::TensorToWrite> list;
        for (const auto& [name, tensor] : tensors) list.push_back({name, tensor.shape, tensor.values});
        load::write_safetensors(path, list, {});
    }

    std::map<std::string, RandomTensor> tensors;

  private:
    check::Random random_;
};

}  // namespace rwkvk::test
