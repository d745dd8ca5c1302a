#include "runtime/synthetic/synthetic_tensors.h"

namespace rwkvk {
namespace {

enum class Kind { v5_0, v5_1, v5_2 };

void add_block(SyntheticTensors& tensors, const std::string& p, Kind kind) {
    const uint32_t D = tensors.spec().width, head_size = synthetic_head_size(D), heads = D / head_size;
    const uint32_t per_head = kind == Kind::v5_2 ? head_size : 1;
    const bool gate = kind != Kind::v5_0;
    const uint32_t ffn = gate ? D * 7 / 2 / 32 * 32 : 4 * D;
    tensors.norm(p + "att.ln_x", D);
    // From a memory of a token to one of hundreds, as in trained models.
    tensors.table(p + "att.time_decay", heads, per_head, {-2.5f, 3.5f});
    tensors.table(p + (gate ? "att.time_faaaa" : "att.time_first"), heads, per_head, {0.0f, 1.0f});
    for (const char* name :
         {"att.time_mix_k", "att.time_mix_v", "att.time_mix_r", "ffn.time_mix_k", "ffn.time_mix_r"})
        tensors.vector(p + name, D, {0.5f, 0.5f});
    if (gate) {
        tensors.vector(p + "att.time_mix_g", D, {0.5f, 0.5f});
        tensors.matrix(p + "att.gate.weight", D, D, 2.0f);
    }
    for (const char* name : {"receptance", "key", "value"})
        tensors.matrix(concat(p, "att.", name, ".weight"), D, D);
    tensors.matrix(p + "att.output.weight", D, D, 0.5f);
    tensors.matrix(p + "ffn.key.weight", ffn, D);
    tensors.matrix(p + "ffn.receptance.weight", D, D);
    tensors.matrix(p + "ffn.value.weight", D, ffn);
}

void add_blocks(SyntheticTensors& tensors, Kind kind) {
    for (uint32_t i = 0; i < tensors.spec().layers; ++i) add_block(tensors, concat("blocks.", i, "."), kind);
}

}  // namespace

void add_synthetic_rwkv5_0(SyntheticTensors& tensors) { add_blocks(tensors, Kind::v5_0); }
void add_synthetic_rwkv5_1(SyntheticTensors& tensors) { add_blocks(tensors, Kind::v5_1); }
void add_synthetic_rwkv5_2(SyntheticTensors& tensors) { add_blocks(tensors, Kind::v5_2); }

}  // namespace rwkvk
