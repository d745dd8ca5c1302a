#include "runtime/synthetic/synthetic_tensors.h"

#include <algorithm>
#include <cmath>

namespace rwkvk {
namespace {

WeightSource::Facts rwkv6qwen2_facts(const SyntheticSpec& spec) {
    return {.head_size = synthetic_head_size(spec.width), .norm_epsilon = 1e-6f, .group_epsilon = {}};
}

WeightSource::Facts arwkv7_facts(const SyntheticSpec&) {
    return {.head_size = {}, .norm_epsilon = 1e-6f, .group_epsilon = {}};
}

constexpr SyntheticVersion versions[] = {
    {"v4", add_synthetic_rwkv4},
    {"v5.0", add_synthetic_rwkv5_0},
    {"v5.1", add_synthetic_rwkv5_1},
    {"v5.2", add_synthetic_rwkv5_2},
    {"v6", add_synthetic_rwkv6},
    {"v7", add_synthetic_rwkv7},
    {"v7a", add_synthetic_rwkv7a},
    {"rwkv6qwen2", add_synthetic_rwkv6qwen2, &SyntheticTensors::qwen_frame, rwkv6qwen2_facts},
    {"arwkv7", add_synthetic_arwkv7, &SyntheticTensors::qwen_frame, arwkv7_facts},
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
    tensors_[name] = {{out, in, format_of(name, in)}, {0.0f, spread}};
}

void SyntheticTensors::lookup(const std::string& name, uint32_t rows, uint32_t columns, float gain) {
    tensors_[name] = {{rows, columns, format_of(name, columns)}, {0.0f, gain}};
}

WeightFormat SyntheticTensors::format_of(const std::string& name, uint32_t columns) const {
    const uint32_t block = info(spec_.format).block_elements;
    const bool whole = name.ends_with(".weight") && columns % block == 0;
    return block == 1 || whole ? spec_.format : WeightFormat::f16;
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

void SyntheticTensors::qwen_frame() {
    const uint32_t D = spec_.width, ffn = D * 8 / 3 / 32 * 32;
    const auto norm = [&](const std::string& name) { vector(name + ".weight", D, {1.0f, 0.2f}); };
    matrix("emb.weight", spec_.vocabulary, D);
    matrix("head.weight", spec_.vocabulary, D);
    norm("ln_out");
    for (uint32_t i = 0; i < spec_.layers; ++i) {
        const std::string p = concat("blocks.", i, ".");
        norm(p + "ln1");
        norm(p + "ln2");
        for (const char* name : {"ffn.gate.weight", "ffn.up.weight"}) matrix(p + name, ffn, D, 1.5f);
        matrix(p + "ffn.down.weight", D, ffn);
    }
}

uint32_t synthetic_head_size(uint32_t width) { return width % 64 == 0 ? 64 : 32; }

std::span<const SyntheticVersion> synthetic_versions() { return versions; }

const SyntheticVersion& synthetic_version(const SyntheticSpec& spec) {
    const auto version = std::ranges::find(versions, spec.version, &SyntheticVersion::name);
    RWKVK_ASSERT(version != std::end(versions));
    return *version;
}

std::map<std::string, SyntheticTensor> synthetic_tensors(const SyntheticSpec& spec) {
    const SyntheticVersion& version = synthetic_version(spec);
    SyntheticTensors tensors(spec);
    (tensors.*version.add_frame)();
    version.add_blocks(tensors);
    return tensors.take();
}

}  // namespace rwkvk
