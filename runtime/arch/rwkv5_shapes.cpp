// Reading an RWKV-5 model's dimensions from its tensors.
#include "runtime/arch/rwkv5.h"

namespace rwkvk::arch {
namespace {

constexpr std::string_view version = "5";
constexpr const char *decay = "blocks.0.att.time_decay", *final_decay = "blocks.0.att.decay";

// Files with the decay as it is used come from rwkv.cpp, which computes RWKV-5 with this one.
constexpr float official_group_eps = 64e-5f, rwkv_cpp_group_eps = 1e-5f;

constexpr std::string_view known[] = {
    "att.time_decay",        "att.decay",       "att.time_first",    "att.time_faaaa",  "att.time_mix_k",
    "att.time_mix_v",        "att.time_mix_r",  "att.time_mix_g",    "att.key.weight",  "att.value.weight",
    "att.receptance.weight", "att.gate.weight", "att.output.weight", "att.ln_x.weight", "att.ln_x.bias",
    "att.time_state",        "ffn.time_mix_k",  "ffn.time_mix_r",    "ffn.key.weight",  "ffn.value.weight",
    "ffn.receptance.weight",
};

bool is_rwkv5(const WeightSource& weights) {
    return (has(weights, decay) || has(weights, final_decay)) && has(weights, "blocks.0.att.ln_x.weight");
}

bool has_gate(const WeightSource& weights) { return has(weights, "blocks.0.att.gate.weight"); }

/// Whether every channel has a decay of its own; one for a head otherwise.
bool has_channel_decay(const WeightSource& weights) {
    const auto shape = need(weights, version, has(weights, decay) ? decay : final_decay);
    const auto key = need(weights, version, "blocks.0.att.key.weight");
    return uint64_t{shape.out} * shape.in >= key.out;
}

}  // namespace

bool is_rwkv5_0(const WeightSource& weights) { return is_rwkv5(weights) && !has_gate(weights); }

bool is_rwkv5_1(const WeightSource& weights) {
    return is_rwkv5(weights) && has_gate(weights) && !has_channel_decay(weights);
}

bool is_rwkv5_2(const WeightSource& weights) {
    return is_rwkv5(weights) && has_gate(weights) && has_channel_decay(weights);
}

Rwkv5 read_rwkv5(const WeightSource& weights) {
    refuse_unknown(weights, version, known);
    const bool is_final = !has(weights, decay);
    Rwkv5 m{read_dimensions(weights, version),
            has_gate(weights),
            has_gate(weights) && has_channel_decay(weights),
            is_final,
            !has(weights, "blocks.0.att.time_faaaa"),
            is_final ? rwkv_cpp_group_eps : official_group_eps};
    const std::string name = is_final ? final_decay : decay;
    const auto shape = need(weights, version, name);
    const uint64_t elements = uint64_t{shape.out} * shape.in;
    set_heads(m, name, m.decay_per_channel ? shape.out : elements);
    return m;
}

}  // namespace rwkvk::arch
