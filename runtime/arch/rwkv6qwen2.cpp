// RWKV-6 in the place of Qwen2's attention. Formulas: llama.cpp, src/models/rwkv6-base.cpp.
#include "runtime/arch/rwkv6qwen2.h"

#include "runtime/arch/qwen.h"

namespace rwkvk::arch {
namespace {

/// weight x + bias, if there is one.
Operand project(Builder& b, const std::string& y, Operand x, const std::string& name, uint32_t out,
                bool has_bias) {
    const Operand product =
        b.linear(has_bias ? y + "_raw" : y, x, b.matrix(name + ".weight", out, b.width(x)));
    return has_bias ? b.activate(y, product, b.vector(name + ".bias", out), ACT_NONE) : product;
}

Operand time_mix(Builder& b, const Rwkv6Qwen2& m, uint32_t layer, Operand x, const BodyTables& tables) {
    const auto name = [&](const char* suffix) { return block(layer, suffix); };
    const Rwkv6Qwen2::Layer& own = m.blocks[layer];
    const uint32_t A = m.attention, key_width = m.key_heads * m.head_size, repeat = m.heads / m.key_heads;
    const uint32_t xs = dynamic_mixes(b, m, own.ranks, layer, x, tables.shifts);
    const Operand w = token_decay(b, m, own.ranks, layer, {xs, 0});
    const auto for_all_heads = [&](const char* y, Operand some) {
        return repeat == 1 ? some : b.repeat_heads(name(y), some, m.head_size, repeat);
    };
    const Operand k_some = project(b, name("att.k"), {xs, 1}, name("att.key"), key_width, own.k_bias);
    const Operand v_some = project(b, name("att.v"), {xs, 2}, name("att.value"), key_width, own.v_bias);
    const Operand k = b.mul_rest(name("att.k_decayed"), for_all_heads("att.k_all", k_some), w);
    const Operand v = for_all_heads("att.v_all", v_some);
    const Operand r = project(b, name("att.r"), {xs, 3}, name("att.receptance"), A, own.r_bias);
    const Operand g =
        b.linear(name("att.g"), {xs, 4}, b.matrix(name("att.gate.weight"), A, m.width), ACT_SIGMOID);
    const Operand state = b.head_state(name("att_kv"), m.heads, m.head_size, Builder::HeadOrder::key_value);
    const Operand y = b.gla(name("att.wkv"), {tables.sequences, r, w, k, v, state}, m.heads);
    return b.linear(name("att.out"), b.mul(name("att.gated"), y, g),
                    b.matrix(name("att.output.weight"), m.width, A));
}

}  // namespace

ModelPrograms build_rwkv6qwen2(const Rwkv6Qwen2& m) {
    return build_qwen({"rwkv6qwen2", m, m.norm_eps},
                      [&](Builder& b, uint32_t layer, Operand x, const BodyTables& tables) {
                          return time_mix(b, m, layer, x, tables);
                      });
}

}  // namespace rwkvk::arch
