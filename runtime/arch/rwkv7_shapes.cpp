// Reading an RWKV-7 model's dimensions from its tensors: every width and rank comes from a shape.
#include "runtime/arch/rwkv7.h"

namespace rwkvk::arch {
namespace {

constexpr std::string_view own_version = "7.0";

constexpr Variant variants[] = {
    {"blocks.0.qkv.kk.weight", "the hybrid RWKV-8 rc00"},
    {"blocks.0.ffn.enn.weight", "RWKV-8 rc00"},
    {"blocks.0.qkv.qq.weight", "RWKV-7b (deep-embedding attention)"},
};

// Block 0 may have a value residual, which is ignored there.
constexpr std::string_view time_mix[] = {
    "att.x_r",         "att.x_w",          "att.x_k",
    "att.x_v",         "att.x_a",          "att.x_g",
    "att.w0",          "att.w1",           "att.w2",
    "att.a0",          "att.a1",           "att.a2",
    "att.v0",          "att.v1",           "att.v2",
    "att.g1",          "att.g2",           "att.k_k",
    "att.k_a",         "att.r_k",          "att.receptance.weight",
    "att.key.weight",  "att.value.weight", "att.output.weight",
    "att.ln_x.weight", "att.ln_x.bias",
};

// Beside those. time_state is a tuned initial state.
constexpr std::string_view known[] = {"att.time_state",   "ffn.x_k",          "ffn.key.weight",
                                      "ffn.value.weight", "ffn.s_emb.weight", "ffn.s_emb_x.weight",
                                      "ffn.s0",           "ffn.s1",           "ffn.s2"};

/// s1 makes a vector of `rows` elements, which the token's matrix turns into `columns`, which s2 takes.
Rwkv7::DeepMatrix read_deep(const WeightSource& weights, const Rwkv7& m, uint32_t layer) {
    const auto size = [&](const char* name) { return need(weights, "7a", block(layer, name)); };
    const Rwkv7::DeepMatrix deep{size("ffn.s1").out, size("ffn.s2").in};
    const auto table = size("ffn.s_emb.weight");
    if (table.out != m.vocabulary || uint64_t{deep.rows} * deep.columns != table.in) {
        throw Error(Code::bad_shape, concat("tensor '", block(layer, "ffn.s_emb.weight"), "': expected ",
                                            m.vocabulary, " rows of ", deep.rows, "x", deep.columns,
                                            " elements as ffn.s1 and ffn.s2 have, found ", table.out, "x",
                                            table.in, ": the file is damaged or of an unknown variant"));
    }
    return deep;
}

}  // namespace

std::span<const std::string_view> time_mix7() { return time_mix; }

bool is_rwkv7(const WeightSource& weights) { return has(weights, "blocks.0.att.r_k"); }

bool is_rwkv7a(const WeightSource& weights) {
    return is_rwkv7(weights) && has(weights, "blocks.0.ffn.s_emb.weight");
}

void set_heads7(Dimensions& m, const WeightSource& weights, std::string_view version) {
    const auto r_k = need(weights, version, "blocks.0.att.r_k");
    set_heads(m, "blocks.0.att.r_k", r_k.out);
    if (r_k.in == m.head_size) return;
    throw Error(Code::bad_shape, concat("tensor 'blocks.0.att.r_k' is ", r_k.out, "x", r_k.in,
                                        ", but the attention is ", m.attention, " wide"));
}

Rwkv7::Ranks read_ranks7(const WeightSource& weights, std::string_view version, uint32_t layer,
                         bool has_gate) {
    const auto rank = [&](const char* name) { return need(weights, version, block(layer, name)).out; };
    return {rank("att.w1"), rank("att.a1"), layer ? rank("att.v1") : 0, has_gate ? rank("att.g1") : 0};
}

Rwkv7 read_rwkv7(const WeightSource& weights) {
    refuse_variants(weights, variants);
    refuse_unknown(weights, own_version, known, time_mix7());
    Rwkv7 m{read_dimensions(weights, own_version), {}, {}, weights.facts().group_epsilon.value_or(head_norm_eps)};
    set_heads7(m, weights, own_version);
    for (uint32_t i = 0; i < m.layers; ++i) m.ranks.push_back(read_ranks7(weights, own_version, i));
    if (is_rwkv7a(weights)) {
        for (uint32_t i = 0; i < m.layers; ++i) m.deep.push_back(read_deep(weights, m, i));
    }
    return m;
}

}  // namespace rwkvk::arch
