#pragma once

#include "runtime/arch/rwkv7.h"

namespace rwkvk::arch {

/// A Qwen2 whose attention became the time mix of RWKV-7 ("ARWKV"), read from tensor shapes and facts.
struct Arwkv7 : Rwkv7 {
    float norm_eps;
};

bool is_arwkv7(const WeightSource& weights);

/// Errors: Code::bad_shape naming the tensor, or where the epsilon is not told; Code::unsupported for tensors
/// that no program asks for.
Arwkv7 read_arwkv7(const WeightSource& weights);

ModelPrograms build_arwkv7(const Arwkv7& model);

}  // namespace rwkvk::arch
