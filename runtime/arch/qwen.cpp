// Formulas: Hugging Face transformers, models/qwen2/modeling_qwen2.py, Qwen2RMSNorm and Qwen2MLP.
#include "runtime/arch/qwen.h"

namespace rwkvk::arch {
namespace {

/// down(silu(gate(x)) * up(x))
Operand channel_mix(Builder& b, const Dimensions& m, uint32_t layer, Operand x) {
    const auto name = [&](const char* suffix) { return block(layer, suffix); };
    const Operand gate =
        b.linear(name("ffn.g"), x, b.matrix(name("ffn.gate.weight"), m.ffn, m.width), ACT_SILU);
    const Operand up = b.linear(name("ffn.u"), x, b.matrix(name("ffn.up.weight"), m.ffn, m.width));
    return b.linear(name("ffn.out"), b.mul(name("ffn.gated"), gate, up),
                    b.matrix(name("ffn.down.weight"), m.width, m.ffn));
}

}  // namespace

bool has_qwen_ffn(const WeightSource& weights) { return has(weights, "blocks.0.ffn.gate.weight"); }

Dimensions read_qwen_dimensions(const WeightSource& weights, std::string_view version) {
    return read_dimensions(weights, version, "att.receptance.weight", "ffn.gate.weight");
}

float need_norm_epsilon(const WeightSource& weights, std::string_view version) {
    if (const auto epsilon = weights.facts().norm_epsilon) return *epsilon;
    throw Error(Code::bad_shape, concat("nothing tells the epsilon of the norms; an ", version,
                                        " model needs it: use a GGUF file, which does"));
}

ModelPrograms build_qwen(const QwenFrame& frame, const QwenTimeMix& time_mix) {
    const Dimensions& m = frame.dimensions;
    const Norm norm = [&](Builder& b, const std::string& y, Operand x, const std::string& weights,
                          uint32_t width) {
        return b.rms_norm(y, x, b.vector(weights + ".weight", width), frame.norm_eps);
    };
    Builder b(frame.name);
    const BodyTables tables = body_tables(b, m);
    const Operand x =
        b.embed("embedding", tables.ids, tables.vectors, b.matrix("emb.weight", m.vocabulary, m.width));
    add_blocks(
        b, m, x, [&](uint32_t layer, Operand in) { return time_mix(b, layer, in, tables); },
        [&](uint32_t layer, Operand in) { return channel_mix(b, m, layer, in); }, norm);
    return {b.finish(), build_head(concat(frame.name, ".head"), m, norm), m.width, m.vocabulary};
}

}  // namespace rwkvk::arch
