// Reading an RWKV-6 model's dimensions from its tensors.
#include "runtime/arch/rwkv6.h"

namespace rwkvk::arch {
namespace {

constexpr std::string_view own_version = "6.0";
constexpr uint32_t mixes = 5;

constexpr Variant variants[] = {
    {"blocks.0.att.gate_w1", "RWKV-6a"},
    {"blocks.0.att.time_maa_rkvw_w1", "RWKV-6b or 6c"},
};

constexpr std::string_view known[] = {
    "att.time_maa_x",        "att.time_maa_w",    "att.time_maa_k",    "att.time_maa_v",
    "att.time_maa_r",        "att.time_maa_g",    "att.time_maa_w1",   "att.time_maa_w2",
    "att.time_decay",        "att.time_decay_w1", "att.time_decay_w2", "att.time_faaaa",
    "att.receptance.weight", "att.key.weight",    "att.value.weight",  "att.gate.weight",
    "att.output.weight",     "att.ln_x.weight",   "att.ln_x.bias",     "att.time_state",
    "ffn.time_maa_k",        "ffn.time_maa_r",    "ffn.key.weight",    "ffn.value.weight",
    "ffn.receptance.weight",
};

}  // namespace

bool is_rwkv6(const WeightSource& weights) { return has(weights, "blocks.0.att.time_maa_x"); }

Ranks6 read_ranks6(const WeightSource& weights, std::string_view version, uint32_t layer) {
    const std::string name = block(layer, "att.time_maa_w1");
    const uint32_t joined = need(weights, version, name).out;
    if (joined % mixes != 0) {
        throw Error(Code::bad_shape, concat("tensor '", name, "': expected ", mixes,
                                            " mixes of the same rank, found ", joined, " columns in all"));
    }
    return {joined / mixes, need(weights, version, block(layer, "att.time_decay_w1")).out};
}

Rwkv6 read_rwkv6(const WeightSource& weights) {
    refuse_variants(weights, variants);
    refuse_unknown(weights, own_version, known);
    Rwkv6 m{read_dimensions(weights, own_version), {}, weights.facts().group_epsilon.value_or(head_norm_eps)};
    const std::string bonus = "blocks.0.att.time_faaaa";
    set_heads(m, bonus, need(weights, own_version, bonus).out);
    for (uint32_t i = 0; i < m.layers; ++i) m.ranks.push_back(read_ranks6(weights, own_version, i));
    return m;
}

}  // namespace rwkvk::arch
