#include "runtime/arch/rwkv7.h"
#include "runtime/synthetic/synthetic_tensors.h"

namespace rwkvk {
namespace {

using Ranks = arch::Rwkv7::Ranks;

// Of released models, from their tensor shapes; those of 13.3B from the size of its file.
Ranks ranks_of(const SyntheticSpec& spec) {
    if (spec.width <= 1024) return {64, 64, 32, 128};
    if (spec.width == 4096 && spec.layers > 32) return {192, 192, 128, 384};
    if (spec.width == 4096) return {128, 128, 96, 480};
    return {96, 96, 64, spec.width / 8};
}

void low_rank(SyntheticTensors& tensors, const std::string& name, uint32_t width, uint32_t rank,
              SyntheticValues bias) {
    tensors.vector(name + "0", width, bias);
    tensors.matrix(name + "1", rank, width);
    tensors.matrix(name + "2", width, rank, 0.5f);
}

/// What every time mix has: neither gate nor norm over heads.
void add_time_mix(SyntheticTensors& tensors, const std::string& p, bool first) {
    const uint32_t D = tensors.spec().width, head_size = synthetic_head_size(D);
    const Ranks ranks = ranks_of(tensors.spec());
    for (const char* name : {"x_r", "x_w", "x_k", "x_v", "x_a"})
        tensors.vector(p + "att." + name, D, {0.5f, 0.5f});
    low_rank(tensors, p + "att.w", D, ranks.w, {-2.0f, 3.0f});
    low_rank(tensors, p + "att.a", D, ranks.a, {0.0f, 1.0f});
    if (!first) low_rank(tensors, p + "att.v", D, ranks.v, {0.5f, 0.5f});
    tensors.vector(p + "att.k_k", D, {0.85f, 0.3f});
    tensors.vector(p + "att.k_a", D, {1.0f, 0.3f});
    tensors.table(p + "att.r_k", D / head_size, head_size, {0.0f, 0.3f});
    for (const char* name : {"receptance", "key", "value"})
        tensors.matrix(concat(p, "att.", name, ".weight"), D, D);
    tensors.matrix(p + "att.output.weight", D, D, 0.5f);
}

void add_block(SyntheticTensors& tensors, const std::string& p, bool first) {
    const uint32_t D = tensors.spec().width, gate_rank = ranks_of(tensors.spec()).g;
    add_time_mix(tensors, p, first);
    tensors.norm(p + "att.ln_x", D);
    tensors.vector(p + "att.x_g", D, {0.5f, 0.5f});
    tensors.matrix(p + "att.g1", gate_rank, D);
    tensors.matrix(p + "att.g2", D, gate_rank, 2.0f);
    tensors.vector(p + "ffn.x_k", D, {0.5f, 0.5f});
    tensors.matrix(p + "ffn.key.weight", 4 * D, D);
    tensors.matrix(p + "ffn.value.weight", D, 4 * D, 0.5f);
}

/// DeepEmbed: gates about 1.
void add_deep(SyntheticTensors& tensors, const std::string& p) {
    constexpr uint32_t rank = 32;
    const uint32_t D = tensors.spec().width;
    tensors.lookup(p + "ffn.s_emb.weight", tensors.spec().vocabulary, rank * rank);
    tensors.matrix(p + "ffn.s_emb_x.weight", rank * rank, D);
    tensors.matrix(p + "ffn.s1", rank, D);
    tensors.matrix(p + "ffn.s2", 4 * D, rank, 0.1f);
    tensors.vector(p + "ffn.s0", 4 * D, {1.0f, 0.2f});
}

}  // namespace

void add_synthetic_rwkv7(SyntheticTensors& tensors) {
    for (uint32_t i = 0; i < tensors.spec().layers; ++i)
        add_block(tensors, concat("blocks.", i, "."), i == 0);
}

void add_synthetic_arwkv7(SyntheticTensors& tensors) {
    for (uint32_t i = 0; i < tensors.spec().layers; ++i)
        add_time_mix(tensors, concat("blocks.", i, "."), i == 0);
}

void add_synthetic_rwkv7a(SyntheticTensors& tensors) {
    add_synthetic_rwkv7(tensors);
    for (uint32_t i = 0; i < tensors.spec().layers; ++i) add_deep(tensors, concat("blocks.", i, "."));
}

}  // namespace rwkvk
