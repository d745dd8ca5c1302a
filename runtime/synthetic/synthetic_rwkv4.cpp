#include "runtime/synthetic/synthetic_tensors.h"

namespace rwkvk {
namespace {

void add_block(SyntheticTensors& tensors, const std::string& p) {
    const uint32_t D = tensors.spec().width;
    // From a memory of a few tokens to one of thousands, as in trained models.
    tensors.vector(p + "att.time_decay", D, {-3.0f, 5.0f});
    tensors.vector(p + "att.time_first", D, {0.0f, 3.0f});
    for (const char* name :
         {"att.time_mix_k", "att.time_mix_v", "att.time_mix_r", "ffn.time_mix_k", "ffn.time_mix_r"})
        tensors.vector(p + name, D, {0.5f, 0.5f});
    for (const char* name : {"receptance", "value"}) tensors.matrix(concat(p, "att.", name, ".weight"), D, D);
    tensors.matrix(p + "att.key.weight", D, D, 3.0f);  // exponents that differ
    tensors.matrix(p + "att.output.weight", D, D);
    tensors.matrix(p + "ffn.key.weight", 4 * D, D);
    tensors.matrix(p + "ffn.receptance.weight", D, D);
    tensors.matrix(p + "ffn.value.weight", D, 4 * D);
}

}  // namespace

void add_synthetic_rwkv4(SyntheticTensors& tensors) {
    for (uint32_t i = 0; i < tensors.spec().layers; ++i) add_block(tensors, concat("blocks.", i, "."));
}

}  // namespace rwkvk
