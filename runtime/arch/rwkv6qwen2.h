#pragma once

#include "runtime/arch/parts.h"

namespace rwkvk::arch {

/// A Qwen2 whose attention became the time mix of RWKV-6 ("QRWKV6"), read from tensor shapes and facts.
struct Rwkv6Qwen2 : Dimensions {
    uint32_t key_heads;  // of keys and values; each serves heads / key_heads heads
    struct Layer {
        Ranks6 ranks;
        bool r_bias, k_bias, v_bias;
    };
    std::vector<Layer> blocks;
    float norm_eps;
};

bool is_rwkv6qwen2(const WeightSource& weights);

/// Errors: Code::bad_shape naming the tensor, or where neither head size nor epsilon is told;
/// Code::unsupported for tensors that no program asks for.
Rwkv6Qwen2 read_rwkv6qwen2(const WeightSource& weights);

ModelPrograms build_rwkv6qwen2(const Rwkv6Qwen2& model);

}  // namespace rwkvk::arch
