#pragma once
// The tensors of a random model: names, shapes and the range of their values, for every version.

#include <map>
#include <span>
#include <string>

#include "runtime/graph/weight_source.h"
#include "runtime/synthetic/synthetic.h"

namespace rwkvk {

/// Values spread evenly over centre - spread .. centre + spread, with random significands.
struct SyntheticValues {
    float centre, spread;
};

struct SyntheticTensor {
    WeightSource::Shape shape;
    SyntheticValues values;
};

class SyntheticTensors {
  public:
    explicit SyntheticTensors(const SyntheticSpec& spec) : spec_(spec) {}

    const SyntheticSpec& spec() const { return spec_; }
    void vector(const std::string& name, uint32_t n, SyntheticValues values);
    /// A small matrix that is used as a vector.
    void table(const std::string& name, uint32_t rows, uint32_t columns, SyntheticValues values);
    /// In the spec's format. Its uniform values keep the size of what they multiply, times `gain`.
    void matrix(const std::string& name, uint32_t out, uint32_t in, float gain = 1.0f);
    /// A matrix of which rows are looked up: values of the size of 1, times `gain`.
    void lookup(const std::string& name, uint32_t rows, uint32_t columns, float gain = 1.0f);
    void norm(const std::string& name, uint32_t n);  // name.weight and name.bias
    /// Embedding, head, the norms around the blocks and within: the same in every version.
    void frame();
    /// The same of the hybrids: RMS norms, none of the embedding; and the channel mixes of Qwen2.
    void qwen_frame();
    std::map<std::string, SyntheticTensor> take() { return std::move(tensors_); }

  private:
    /// Of a matrix. As converters do: low-rank matrices and rows that are no whole blocks stay single
    /// elements.
    WeightFormat format_of(const std::string& name, uint32_t columns) const;

    const SyntheticSpec spec_;
    std::map<std::string, SyntheticTensor> tensors_;
};

/// 64, as released models have, or 32 where the width is no multiple of that.
uint32_t synthetic_head_size(uint32_t width);

/// A version that random models can be of.
struct SyntheticVersion {
    std::string_view name;  // "v7"
    /// Adds what is within the blocks, but for ln1 and ln2.
    void (*add_blocks)(SyntheticTensors& tensors);
    void (SyntheticTensors::*add_frame)() = &SyntheticTensors::frame;
    /// What the tensors do not tell.
    WeightSource::Facts (*facts)(const SyntheticSpec& spec) = [](const SyntheticSpec&) {
        return WeightSource::Facts{};
    };
};
std::span<const SyntheticVersion> synthetic_versions();

/// The row of a known version.
const SyntheticVersion& synthetic_version(const SyntheticSpec& spec);

/// All tensors of a model of a known version.
std::map<std::string, SyntheticTensor> synthetic_tensors(const SyntheticSpec& spec);

void add_synthetic_rwkv4(SyntheticTensors& tensors);
void add_synthetic_rwkv5_0(SyntheticTensors& tensors);
void add_synthetic_rwkv5_1(SyntheticTensors& tensors);
void add_synthetic_rwkv5_2(SyntheticTensors& tensors);
void add_synthetic_rwkv6(SyntheticTensors& tensors);
void add_synthetic_rwkv6qwen2(SyntheticTensors& tensors);
void add_synthetic_arwkv7(SyntheticTensors& tensors);
void add_synthetic_rwkv7(SyntheticTensors& tensors);
void add_synthetic_rwkv7a(SyntheticTensors& tensors);

}  // namespace rwkvk
