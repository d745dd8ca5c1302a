// RWKV-6 with Qwen2: with fewer heads of keys and values, and with biases.
#include "runtime/synthetic/synthetic_tensors.h"

namespace rwkvk {
namespace {

void add_block6(SyntheticTensors& tensors, const std::string& p) {
    const uint32_t D = tensors.spec().width, heads = D / synthetic_head_size(D);
    const uint32_t key_width = heads % 2 == 0 ? D / 2 : D, mix_rank = 32, decay_rank = 64;
    for (const char* name : {"x", "w", "k", "v", "r", "g"})
        tensors.vector(concat(p, "att.time_maa_", name), D, {0.5f, 0.5f});
    tensors.matrix(p + "att.time_maa_w1", 5 * mix_rank, D);
    tensors.matrix(p + "att.time_maa_w2", 5 * D, mix_rank, 0.5f);
    tensors.vector(p + "att.time_decay", D, {-2.5f, 3.5f});
    tensors.matrix(p + "att.time_decay_w1", decay_rank, D);
    tensors.matrix(p + "att.time_decay_w2", D, decay_rank);
    tensors.matrix(p + "att.receptance.weight", D, D);
    tensors.vector(p + "att.receptance.bias", D, {0.0f, 0.5f});
    for (const char* name : {"att.key", "att.value"}) {
        tensors.matrix(concat(p, name, ".weight"), key_width, D);
        tensors.vector(concat(p, name, ".bias"), key_width, {0.0f, 0.5f});
    }
    tensors.matrix(p + "att.gate.weight", D, D, 2.0f);
    tensors.matrix(p + "att.output.weight", D, D);
}

}  // namespace

void add_synthetic_rwkv6qwen2(SyntheticTensors& tensors) {
    for (uint32_t i = 0; i < tensors.spec().layers; ++i) add_block6(tensors, concat("blocks.", i, "."));
}

}  // namespace rwkvk
