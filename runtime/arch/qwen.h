#pragma once
// What the hybrids have of Qwen2: RMS norms and a gated channel mix without a token shift.

#include "runtime/arch/parts.h"

namespace rwkvk::arch {

/// Whether the channel mix is that of Qwen2.
bool has_qwen_ffn(const WeightSource& weights);

/// All but the heads. Errors: Code::bad_shape naming the tensor.
Dimensions read_qwen_dimensions(const WeightSource& weights, std::string_view version);

/// The epsilon of the norms, which no tensor tells. Errors: Code::bad_shape where nothing does.
float need_norm_epsilon(const WeightSource& weights, std::string_view version);

/// The program around a time mix. The embedding has no norm.
struct QwenFrame {
    const char* name;
    const Dimensions& dimensions;
    float norm_eps;
};
using QwenTimeMix = std::function<Operand(Builder& b, uint32_t layer, Operand x, const BodyTables& tables)>;
ModelPrograms build_qwen(const QwenFrame& frame, const QwenTimeMix& time_mix);

}  // namespace rwkvk::arch
