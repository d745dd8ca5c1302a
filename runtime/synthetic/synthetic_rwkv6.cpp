#include "runtime/synthetic/synthetic_tensors.h"

namespace rwkvk {
namespace {

void add_block(SyntheticTensors& tensors, const std::string& p) {
    const uint32_t D = tensors.spec().width, head_size = synthetic_head_size(D);
    const uint32_t mix_rank = D < 4096 ? 32 : 64, decay_rank = 2 * mix_rank;  // those of released models
    const uint32_t ffn = D * 7 / 2 / 32 * 32;
    tensors.norm(p + "att.ln_x", D);
    for (const char* name : {"x", "w", "k", "v", "r", "g"})
        tensors.vector(concat(p, "att.time_maa_", name), D, {0.5f, 0.5f});
    tensors.matrix(p + "att.time_maa_w1", 5 * mix_rank, D);
    tensors.matrix(p + "att.time_maa_w2", 5 * D, mix_rank, 0.5f);
    // From a memory of a token to one of hundreds, as in trained models.
    tensors.vector(p + "att.time_decay", D, {-2.5f, 3.5f});
    tensors.matrix(p + "att.time_decay_w1", decay_rank, D);
    tensors.matrix(p + "att.time_decay_w2", D, decay_rank);
    tensors.table(p + "att.time_faaaa", D / head_size, head_size, {0.0f, 1.0f});
    for (const char* name : {"receptance", "key", "value"})
        tensors.matrix(concat(p, "att.", name, ".weight"), D, D);
    tensors.matrix(p + "att.gate.weight", D, D, 2.0f);
    tensors.matrix(p + "att.output.weight", D, D, 0.5f);
    for (const char* name : {"ffn.time_maa_k", "ffn.time_maa_r"}) tensors.vector(p + name, D, {0.5f, 0.5f});
    tensors.matrix(p + "ffn.key.weight", ffn, D);
    tensors.matrix(p + "ffn.receptance.weight", D, D);
    tensors.matrix(p + "ffn.value.weight", D, ffn);
}

}  // namespace

void add_synthetic_rwkv6(SyntheticTensors& tensors) {
    for (uint32_t i = 0; i < tensors.spec().layers; ++i) add_block(tensors, concat("blocks.", i, "."));
}

}  // namespace rwkvk
