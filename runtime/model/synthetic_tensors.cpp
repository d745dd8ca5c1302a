#include "runtime/model/synthetic_tensors.h"

#include <algorithm>
#include <cmath>

namespace rwkvk {
namespace {

constexpr SyntheticVersion versions[] = {
    {"v4", add_synthetic_rwkv4},     {"v5.0", add_synthetic_rwkv5_0}, {"v5.1", add_synthetic_rwkv5_1},
    {"v5.2", add_synthetic_rwkv5_2}, {"v6", add_synthetic_rwkv6},     {"v7", add_synthetic_rwkv7},
    {"v7a", add_synthetic_rwkv7a},
};

}  // namespace

void SyntheticTensors::vector(const std::string& name, uint32_t n, SyntheticValues values) {
    table(name, 1, n, values);
}

void SyntheticTensors::table(const std::string& name, uint32_t rows, uint32_t columns,
                             SyntheticValues values) {
    tensors_[name] = {{rows, columns, WeightFormat::f32}, values};
}

void SyntheticTensors::matrix(const std::string& name, uint32_t out, uint32_t in, float gain) {
    const float spread = gain * static_cast<float>(std::sqrt(3.0 / in));
    tensors_[name] = {{out, in, spec_.format}, {0.0f, spread}};
}

void SyntheticTensors::lookup(const std::string& name, uint32_t rows, uint32_t columns, float gain) {
    tensors_[name] = {{rows, columns, spec_.format}, {0.0f, gain}};
}

void SyntheticTensors::norm(const std::string& name, uint32_t n) {
    vector(name + ".weight", n, {1.0f, 0.2f});
    vector(name + ".bias", n, {0.0f, 0.1f});
}

void SyntheticTensors::frame() {
    matrix("emb.weight", spec_.vocabulary, spec_.width);
    matrix("head.weight", spec_.vocabulary, spec_.width);
    norm("blocks.0.ln0", spec_.width);
    norm("ln_out", spec_.width);
    for (uint32_t i = 0; i < spec_.layers; ++i) {
        norm(concat("blocks.", i, ".ln1"), spec_.width);
        norm(concat("blocks.", i, ".ln2"), spec_.width);
    }
}

uint32_t synthetic_head_size(uint32_t width) { return width % 64 == 0 ? 64 : 32; }

std::span<const SyntheticVersion> synthetic_versions() { return versions; }

std::map<std::string, SyntheticTensor> synthetic_tensors(const SyntheticSpec& spec) {
    const auto version = std::ranges::find(versions, spec.version, &SyntheticVersion::name);
    RWKVK_ASSERT(version != std::end(versions));
    SyntheticTensors tensors(spec);
    tensors.frame();
    version->add_blocks(tensors);
    return tensors.take();
}

}  // namespace rwkvk
