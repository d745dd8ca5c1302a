// RWKV-7 in the place of Qwen2's attention; gate and norm over heads are optional. Formulas: llama.cpp,
// src/models/rwkv7-base.cpp.
#include "runtime/arch/arwkv7.h"

#include "runtime/arch/qwen.h"

namespace rwkvk::arch {
namespace {

constexpr std::string_view version = "7-qwen2";

constexpr Variant variants[] = {{"ln_out.bias", "a hybrid whose last norm has a bias"}};

constexpr std::string_view known[] = {
    "att.x_r",
    "att.x_w",
    "att.x_k",
    "att.x_v",
    "att.x_a",
    "att.x_g",
    "att.w0",
    "att.w1",
    "att.w2",
    "att.a0",
    "att.a1",
    "att.a2",
    "att.v0",
    "att.v1",
    "att.v2",
    "att.g1",
    "att.g2",
    "att.k_k",
    "att.k_a",
    "att.r_k",
    "att.key.weight",
    "att.value.weight",
    "att.ln_x.weight",
    "att.ln_x.bias",
    "ffn.gate.weight",
    "att.output.weight",
    "ffn.up.weight",
    "ffn.down.weight",
    "att.receptance.weight",
};

}  // namespace

bool is_arwkv7(const WeightSource& weights) { return is_rwkv7(weights) && has_qwen_ffn(weights); }

Arwkv7 read_arwkv7(const WeightSource& weights) {
    refuse_variants(weights, variants);
    refuse_unknown(weights, version, known);
    const WeightSource::Facts facts = weights.facts();
    Arwkv7 m{{read_qwen_dimensions(weights, version),
              {},
              {},
              facts.group_epsilon.value_or(head_norm_eps),
              has(weights, "blocks.0.att.ln_x.weight")},
             need_norm_epsilon(weights, version)};
    set_heads7(m, weights, version);
    for (uint32_t i = 0; i < m.layers; ++i)
        m.ranks.push_back(read_ranks7(weights, version, i, has(weights, block(i, "att.g1"))));
    return m;
}

ModelPrograms build_arwkv7(const Arwkv7& m) {
    Operand v_first{};
    return build_qwen({"arwkv7", m, m.norm_eps},
                      [&](Builder& b, uint32_t layer, Operand x, const BodyTables& tables) {
                          return rwkv7_time_mix(b, m, layer, x, tables, v_first);
                      });
}

}  // namespace rwkvk::arch
