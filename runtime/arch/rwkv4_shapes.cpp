#include "runtime/arch/rwkv4.h"

namespace rwkvk::arch {
namespace {

constexpr Variant variants[] = {
    {"head_q.weight", "an RWKV-4 with an attention at its head"},
    {"head_k.weight", "an RWKV-4 with an attention at its head"},
    {"copy_mask", "an RWKV-4 with an attention at its head"},
    {"pos_emb_x", "an RWKV-4 with an embedding of positions"},
    {"pos_emb_y", "an RWKV-4 with an embedding of positions"},
};

constexpr std::string_view known[] = {
    "att.time_decay", "att.decay",      "att.time_first",   "att.time_mix_k",    "att.time_mix_v",
    "att.time_mix_r", "att.key.weight", "att.value.weight", "att.output.weight", "att.receptance.weight",
    "ffn.time_mix_k", "ffn.time_mix_r", "ffn.key.weight",   "ffn.value.weight",  "ffn.receptance.weight",
};

}  // namespace

bool is_rwkv4(const WeightSource& weights) {
    const bool has_decay = has(weights, "blocks.0.att.time_decay") || has(weights, "blocks.0.att.decay");
    return has_decay && !has(weights, "blocks.0.att.ln_x.weight");
}

Rwkv4 read_rwkv4(const WeightSource& weights) {
    refuse_variants(weights, variants);
    refuse_unknown(weights, "4", known);
    return {read_dimensions(weights, "4"), has(weights, "blocks.0.att.decay")};
}

}  // namespace rwkvk::arch
