// RWKV-7 in the place of Qwen2's attention; gate and norm over heads are optional. Formulas: llama.cpp,
// src/models/rwkv7-base.cpp.
#include "runtime/arch/arwkv7.h"

#include "runtime/arch/qwen.h"

namespace rwkvk::arch {
namespace {

constexpr std::string_view version = "7-qwen2";

constexpr Variant variants[] = {{"ln_out.bias", "a hybrid whose last norm has a bias"}};

constexpr std::string_view known[] = {"ffn.gate.weight", "ffn.up.weight", "ffn.down.weight"};

}  // namespace

bool is_arwkv7(const WeightSource& weights) { return is_rwkv7(weights) && has_qwen_ffn(weights); }

Arwkv7 read_arwkv7(const WeightSource& weights) {
    refuse_variants(weights, variants);
    refuse_unknown(weights, version, known, time_mix7());
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
