#include "runtime/arch/qwen.h"
#include "runtime/arch/rwkv6.h"
#include "runtime/arch/rwkv6qwen2.h"

namespace rwkvk::arch {
namespace {

constexpr std::string_view version = "6-qwen2";

constexpr Variant variants[] = {
    {"ln_out.bias", "a hybrid whose last norm has a bias"},
    {"blocks.0.att.time_faaaa", "a hybrid of RWKV-6 with a bonus"},
    {"blocks.0.att.ln_x.weight", "a hybrid of RWKV-6 with a norm over heads"},
};

constexpr std::string_view known[] = {
    "att.time_maa_x",      "att.time_maa_w",    "att.time_maa_k",    "att.time_maa_v",
    "att.time_maa_r",      "att.time_maa_g",    "att.time_maa_w1",   "att.time_maa_w2",
    "att.time_decay",      "att.time_decay_w1", "att.time_decay_w2", "att.receptance.weight",
    "att.receptance.bias", "att.key.weight",    "att.key.bias",      "att.value.weight",
    "att.value.bias",      "att.gate.weight",   "att.output.weight", "ffn.gate.weight",
    "ffn.up.weight",       "ffn.down.weight",
};

/// Heads of the size that is told, and those of keys and values, of which there may be fewer.
void read_heads(Rwkv6Qwen2& m, const WeightSource& weights) {
    const uint32_t size = weights.facts().head_size.value_or(0);
    const std::string name = "blocks.0.att.key.weight";
    const uint32_t key_width = need(weights, version, name).out;
    if (size == 0 || m.attention % size != 0 || key_width % size != 0 || m.attention % key_width != 0) {
        throw Error(Code::bad_shape, concat("tensor '", name, "': expected whole heads of ", size,
                                            " of which each serves as many of the ", m.attention,
                                            " channels of the attention, found ", key_width,
                                            " channels: convert the model again"));
    }
    set_heads(m, name, m.attention / size);
    m.key_heads = key_width / size;
}

}  // namespace

bool is_rwkv6qwen2(const WeightSource& weights) { return is_rwkv6(weights) && has_qwen_ffn(weights); }

Rwkv6Qwen2 read_rwkv6qwen2(const WeightSource& weights) {
    refuse_variants(weights, variants);
    refuse_unknown(weights, version, known);
    Rwkv6Qwen2 m{read_qwen_dimensions(weights, version), 0, {}, need_norm_epsilon(weights, version)};
    read_heads(m, weights);
    const auto has_bias = [&](uint32_t layer, const char* name) { return has(weights, block(layer, name)); };
    for (uint32_t i = 0; i < m.layers; ++i) {
        m.blocks.push_back({read_ranks6(weights, version, i), has_bias(i, "att.receptance.bias"),
                            has_bias(i, "att.key.bias"), has_bias(i, "att.value.bias")});
    }
    return m;
}

}  // namespace rwkvk::arch
