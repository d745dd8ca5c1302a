#include "runtime/arch/rwkv4.h"

namespace rwkvk::arch {
namespace {

constexpr Variant variants[] = {
    {"head_q.weight", "an RWKV-4 with an attention at its head"},
    {"head_k.weight", "an RWKV-4 with an attention at its head"},
    {"copy_mask", "an RWKV-4 with an attention at its head"},
    {"pos_emb_x", "an RWKV-4 with an embedding of positions"},
    {"pos_emb_y", "an RWKV-4 with an embedding of positions"},
    {"blocks.0.ffnPre.key.weight", "an RWKV-4 whose first block begins with a channel mix"},
    {"blocks.0.tiny_ln.weight", "an RWKV-4 with a tiny attention"},
    {"blocks.0.tiny_q.weight", "an RWKV-4 with a tiny attention"},
};

}  // namespace

bool is_rwkv4(const WeightSource& weights) {
    const bool has_decay = has(weights, "blocks.0.att.time_decay") || has(weights, "blocks.0.att.decay");
    return has_decay && !has(weights, "blocks.0.att.ln_x.weight");
}

Rwkv4 read_rwkv4(const WeightSource& weights) {
    refuse_variants(weights, variants);
    return {read_dimensions(weights, "4"), has(weights, "blocks.0.att.decay")};
}

}  // namespace rwkvk::arch
