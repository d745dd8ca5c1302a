// Reading an RWKV-7 model's dimensions from its tensors: every width and rank comes from a shape.
#include "runtime/arch/rwkv7.h"

namespace rwkvk::arch {
namespace {

constexpr std::string_view version = "7.0";

constexpr Variant variants[] = {
    {"blocks.0.ffn.enn.weight", "RWKV-8 rc00"},
    {"blocks.0.qkv.qq.weight", "RWKV-7b (deep-embedding attention)"},
    {"blocks.0.ffn.s_emb.weight", "RWKV-7a (DeepEmbed)"},
};

uint32_t rank_of(const WeightSource& weights, uint32_t layer, const char* name) {
    return need(weights, version, block(layer, concat("att.", name))).out;
}

}  // namespace

bool is_rwkv7(const WeightSource& weights) { return has(weights, "blocks.0.att.r_k"); }

Rwkv7 read_rwkv7(const WeightSource& weights) {
    refuse_variants(weights, variants);
    Rwkv7 m{read_dimensions(weights, version), {}};
    const auto r_k = need(weights, version, "blocks.0.att.r_k");
    m.heads = r_k.out;
    m.head_size = r_k.in;
    if (uint64_t{m.heads} * m.head_size != m.attention) {
        throw Error(Code::bad_shape, concat("'blocks.0.att.r_k' is ", m.heads, "x", m.head_size,
                                            ", but the attention is ", m.attention, " wide"));
    }
    for (uint32_t i = 0; i < m.layers; ++i) {
        m.ranks.push_back({rank_of(weights, i, "w1"), rank_of(weights, i, "a1"),
                           i ? rank_of(weights, i, "v1") : 0, rank_of(weights, i, "g1")});
    }
    return m;
}

}  // namespace rwkvk::arch
