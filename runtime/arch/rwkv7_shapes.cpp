// Reading an RWKV-7 model's dimensions from its tensors: every width and rank comes from a shape.
#include <charconv>

#include "runtime/arch/rwkv7.h"

namespace rwkvk::arch {
namespace {

WeightSource::Shape need(const WeightSource& weights, const std::string& name) {
    const auto shape = weights.find(name);
    if (!shape)
        throw Error(Code::bad_shape, concat("tensor '", name, "' is missing; an RWKV-7 model needs it"));
    if (shape->out == 0 || shape->in == 0)
        throw Error(Code::bad_shape, concat("tensor '", name, "' has no elements"));
    return *shape;
}

uint32_t count_layers(const WeightSource& weights) {
    constexpr std::string_view prefix = "blocks.";
    uint32_t layers = 0;
    for (const std::string& name : weights.names()) {
        if (!name.starts_with(prefix)) continue;
        uint32_t layer = 0;
        const auto [end, error] =
            std::from_chars(name.data() + prefix.size(), name.data() + name.size(), layer);
        if (error != std::errc{} || layer >= 4096) {
            throw Error(Code::bad_shape, concat("tensor '", name, "' does not name a layer from 0 to 4095"));
        }
        layers = std::max(layers, layer + 1);
    }
    return layers;
}

void refuse_variants(const WeightSource& weights) {
    static constexpr std::pair<const char*, const char*> variants[] = {
        {"blocks.0.ffn.enn.weight", "RWKV-8 rc00"},
        {"blocks.0.qkv.qq.weight", "RWKV-7b (deep-embedding attention)"},
        {"blocks.0.ffn.s_emb.weight", "RWKV-7a (DeepEmbed)"},
    };
    for (const auto& [tensor, variant] : variants) {
        if (weights.find(tensor)) {
            throw Error(Code::unsupported,
                        concat("this is ", variant, " (it has '", tensor, "'), which is not supported"));
        }
    }
}

uint32_t rank_of(const WeightSource& weights, uint32_t layer, const char* name) {
    return need(weights, concat("blocks.", layer, ".att.", name)).out;
}

}  // namespace

bool is_rwkv7(const WeightSource& weights) { return weights.find("blocks.0.att.r_k").has_value(); }

Rwkv7 read_rwkv7(const WeightSource& weights) {
    refuse_variants(weights);
    Rwkv7 m{};
    const auto embedding = need(weights, "emb.weight");
    m.vocabulary = embedding.out;
    m.width = embedding.in;
    m.layers = count_layers(weights);
    m.attention = need(weights, "blocks.0.att.key.weight").out;
    m.ffn = need(weights, "blocks.0.ffn.key.weight").out;
    const auto r_k = need(weights, "blocks.0.att.r_k");
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
