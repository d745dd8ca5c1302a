#include "runtime/load/gguf_types.h"

#include <algorithm>
#include <charconv>

#include "host/error.h"

namespace rwkvk::load {
namespace {

constexpr GgmlType ggml_types[] = {
    {0, "F32", DType::f32, 1, 4},
    {1, "F16", DType::f16, 1, 2},
    {2, "Q4_0", DType::q4_0, 32, 18},
    {3, "Q4_1", DType::q4_1, 32, 20},
    {6, "Q5_0", DType::q5_0, 32, 22},
    {7, "Q5_1", DType::q5_1, 32, 24},
    {8, "Q8_0", DType::q8_0, 32, 34},
    {9, "Q8_1", {}, 32, 36},
    {10, "Q2_K", DType::q2_k, 256, 84},
    {11, "Q3_K", DType::q3_k, 256, 110},
    {12, "Q4_K", DType::q4_k, 256, 144},
    {13, "Q5_K", DType::q5_k, 256, 176},
    {14, "Q6_K", DType::q6_k, 256, 210},
    {15, "Q8_K", {}, 256, 292},
    {16, "IQ2_XXS", {}, 256, 66},
    {17, "IQ2_XS", {}, 256, 74},
    {18, "IQ3_XXS", {}, 256, 98},
    {19, "IQ1_S", {}, 256, 50},
    {20, "IQ4_NL", DType::iq4_nl, 32, 18},
    {21, "IQ3_S", {}, 256, 110},
    {22, "IQ2_S", {}, 256, 82},
    {23, "IQ4_XS", DType::iq4_xs, 256, 136},
    {24, "I8", DType::i8, 1, 1},
    {25, "I16", DType::i16, 1, 2},
    {26, "I32", DType::i32, 1, 4},
    {27, "I64", DType::i64, 1, 8},
    {28, "F64", DType::f64, 1, 8},
    {29, "IQ1_M", {}, 256, 56},
    {30, "BF16", DType::bf16, 1, 2},
    {34, "TQ1_0", {}, 256, 54},
    {35, "TQ2_0", {}, 256, 66},
    {39, "MXFP4", {}, 32, 17},
};

constexpr bool by_table = false, official = true;

constexpr GgufArchitecture architectures[] = {
    {"rwkv6", GgufNorms::layer, by_table},
    {"rwkv6qwen2", GgufNorms::rms, by_table},
    {"rwkv7", GgufNorms::layer, by_table},
    {"arwkv7", GgufNorms::rms, by_table},
    // Those that llama.cpp does not know (docs/FORMATS.md).
    {"rwkv4", GgufNorms::layer, official},
    {"rwkv5", GgufNorms::layer, official},
    {"rwkv7a", GgufNorms::layer, official},
};

constexpr bool global = false, block = true;
constexpr auto same = GgufChange::none;

constexpr GgufName names[] = {
    {"rwkv6", global, "token_embd.weight", "emb.weight", same},
    {"rwkv6", global, "token_embd_norm.weight", "blocks.0.ln0.weight", same},
    {"rwkv6", global, "token_embd_norm.bias", "blocks.0.ln0.bias", same},
    {"rwkv6", global, "output_norm.weight", "ln_out.weight", same},
    {"rwkv6", global, "output_norm.bias", "ln_out.bias", same},
    {"rwkv6", global, "output.weight", "head.weight", same},
    {"rwkv6", block, "attn_norm.weight", "ln1.weight", same},
    {"rwkv6", block, "attn_norm.bias", "ln1.bias", same},
    {"rwkv6", block, "attn_norm_2.weight", "ln2.weight", same},
    {"rwkv6", block, "attn_norm_2.bias", "ln2.bias", same},
    {"rwkv6", block, "time_mix_w1.weight", "att.time_maa_w1", same},
    {"rwkv6", block, "time_mix_w2.weight", "att.time_maa_w2", same},
    {"rwkv6", block, "time_mix_lerp_x.weight", "att.time_maa_x", same},
    {"rwkv6", block, "time_mix_lerp_fused.weight", "att.time_maa_", GgufChange::split_mixes6},
    {"rwkv6", block, "time_mix_lerp_w.weight", "att.time_maa_w", GgufChange::single_mix},
    {"rwkv6", block, "time_mix_lerp_k.weight", "att.time_maa_k", GgufChange::single_mix},
    {"rwkv6", block, "time_mix_lerp_v.weight", "att.time_maa_v", GgufChange::single_mix},
    {"rwkv6", block, "time_mix_lerp_r.weight", "att.time_maa_r", GgufChange::single_mix},
    {"rwkv6", block, "time_mix_lerp_g.weight", "att.time_maa_g", GgufChange::single_mix},
    {"rwkv6", block, "time_mix_first.weight", "att.time_faaaa", GgufChange::heads},
    {"rwkv6", block, "time_mix_decay.weight", "att.time_decay", same},
    {"rwkv6", block, "time_mix_decay_w1.weight", "att.time_decay_w1", same},
    {"rwkv6", block, "time_mix_decay_w2.weight", "att.time_decay_w2", same},
    {"rwkv6", block, "time_mix_receptance.weight", "att.receptance.weight", same},
    {"rwkv6", block, "time_mix_key.weight", "att.key.weight", same},
    {"rwkv6", block, "time_mix_value.weight", "att.value.weight", same},
    {"rwkv6", block, "time_mix_gate.weight", "att.gate.weight", same},
    {"rwkv6", block, "time_mix_output.weight", "att.output.weight", GgufChange::rescaled},
    {"rwkv6", block, "time_mix_ln.weight", "att.ln_x.weight", same},
    {"rwkv6", block, "time_mix_ln.bias", "att.ln_x.bias", same},
    {"rwkv6", block, "channel_mix_lerp_k.weight", "ffn.time_maa_k", same},
    {"rwkv6", block, "channel_mix_lerp_r.weight", "ffn.time_maa_r", same},
    {"rwkv6", block, "channel_mix_key.weight", "ffn.key.weight", same},
    {"rwkv6", block, "channel_mix_receptance.weight", "ffn.receptance.weight", same},
    {"rwkv6", block, "channel_mix_value.weight", "ffn.value.weight", GgufChange::rescaled},
    {"rwkv6qwen2", global, "token_embd.weight", "emb.weight", same},
    {"rwkv6qwen2", global, "output_norm.weight", "ln_out.weight", same},
    {"rwkv6qwen2", global, "output_norm.bias", "ln_out.bias", same},
    {"rwkv6qwen2", global, "output.weight", "head.weight", same},
    {"rwkv6qwen2", block, "attn_norm.weight", "ln1.weight", same},
    {"rwkv6qwen2", block, "ffn_norm.weight", "ln2.weight", same},
    {"rwkv6qwen2", block, "ffn_gate.weight", "ffn.gate.weight", same},
    {"rwkv6qwen2", block, "ffn_up.weight", "ffn.up.weight", same},
    {"rwkv6qwen2", block, "ffn_down.weight", "ffn.down.weight", same},
    {"rwkv6qwen2", block, "time_mix_w1.weight", "att.time_maa_w1", same},
    {"rwkv6qwen2", block, "time_mix_w2.weight", "att.time_maa_w2", same},
    {"rwkv6qwen2", block, "time_mix_lerp_x.weight", "att.time_maa_x", same},
    {"rwkv6qwen2", block, "time_mix_lerp_fused.weight", "att.time_maa_", GgufChange::split_mixes6},
    {"rwkv6qwen2", block, "time_mix_first.weight", "att.time_faaaa", same},
    {"rwkv6qwen2", block, "time_mix_ln.weight", "att.ln_x.weight", same},
    {"rwkv6qwen2", block, "time_mix_decay.weight", "att.time_decay", same},
    {"rwkv6qwen2", block, "time_mix_decay_w1.weight", "att.time_decay_w1", same},
    {"rwkv6qwen2", block, "time_mix_decay_w2.weight", "att.time_decay_w2", same},
    {"rwkv6qwen2", block, "time_mix_receptance.weight", "att.receptance.weight", same},
    {"rwkv6qwen2", block, "time_mix_receptance.bias", "att.receptance.bias", same},
    {"rwkv6qwen2", block, "time_mix_key.weight", "att.key.weight", same},
    {"rwkv6qwen2", block, "time_mix_key.bias", "att.key.bias", same},
    {"rwkv6qwen2", block, "time_mix_value.weight", "att.value.weight", same},
    {"rwkv6qwen2", block, "time_mix_value.bias", "att.value.bias", same},
    {"rwkv6qwen2", block, "time_mix_gate.weight", "att.gate.weight", same},
    {"rwkv6qwen2", block, "time_mix_output.weight", "att.output.weight", same},
    {"rwkv7", global, "token_embd.weight", "emb.weight", same},
    {"rwkv7", global, "token_embd_norm.weight", "blocks.0.ln0.weight", same},
    {"rwkv7", global, "token_embd_norm.bias", "blocks.0.ln0.bias", same},
    {"rwkv7", global, "output_norm.weight", "ln_out.weight", same},
    {"rwkv7", global, "output_norm.bias", "ln_out.bias", same},
    {"rwkv7", global, "output.weight", "head.weight", same},
    {"rwkv7", block, "attn_norm.weight", "ln1.weight", same},
    {"rwkv7", block, "attn_norm.bias", "ln1.bias", same},
    {"rwkv7", block, "attn_norm_2.weight", "ln2.weight", same},
    {"rwkv7", block, "attn_norm_2.bias", "ln2.bias", same},
    {"rwkv7", block, "time_mix_lerp_fused.weight", "att.x_", GgufChange::split_mixes},
    {"rwkv7", block, "time_mix_w0.weight", "att.w0", same},
    {"rwkv7", block, "time_mix_w1.weight", "att.w1", same},
    {"rwkv7", block, "time_mix_w2.weight", "att.w2", same},
    {"rwkv7", block, "time_mix_a0.weight", "att.a0", same},
    {"rwkv7", block, "time_mix_a1.weight", "att.a1", same},
    {"rwkv7", block, "time_mix_a2.weight", "att.a2", same},
    {"rwkv7", block, "time_mix_v0.weight", "att.v0", same},
    {"rwkv7", block, "time_mix_v1.weight", "att.v1", same},
    {"rwkv7", block, "time_mix_v2.weight", "att.v2", same},
    {"rwkv7", block, "time_mix_g1.weight", "att.g1", same},
    {"rwkv7", block, "time_mix_g2.weight", "att.g2", same},
    {"rwkv7", block, "time_mix_k_k.weight", "att.k_k", same},
    {"rwkv7", block, "time_mix_k_a.weight", "att.k_a", same},
    {"rwkv7", block, "time_mix_r_k.weight", "att.r_k", GgufChange::heads},
    {"rwkv7", block, "time_mix_receptance.weight", "att.receptance.weight", same},
    {"rwkv7", block, "time_mix_key.weight", "att.key.weight", same},
    {"rwkv7", block, "time_mix_value.weight", "att.value.weight", same},
    {"rwkv7", block, "time_mix_output.weight", "att.output.weight", same},
    {"rwkv7", block, "time_mix_ln.weight", "att.ln_x.weight", same},
    {"rwkv7", block, "time_mix_ln.bias", "att.ln_x.bias", same},
    {"rwkv7", block, "channel_mix_lerp_k.weight", "ffn.x_k", same},
    {"rwkv7", block, "channel_mix_key.weight", "ffn.key.weight", same},
    {"rwkv7", block, "channel_mix_value.weight", "ffn.value.weight", same},
    {"arwkv7", global, "token_embd.weight", "emb.weight", same},
    {"arwkv7", global, "output_norm.weight", "ln_out.weight", same},
    {"arwkv7", global, "output_norm.bias", "ln_out.bias", same},
    {"arwkv7", global, "output.weight", "head.weight", same},
    {"arwkv7", block, "attn_norm.weight", "ln1.weight", same},
    {"arwkv7", block, "ffn_norm.weight", "ln2.weight", same},
    {"arwkv7", block, "ffn_gate.weight", "ffn.gate.weight", same},
    {"arwkv7", block, "ffn_up.weight", "ffn.up.weight", same},
    {"arwkv7", block, "ffn_down.weight", "ffn.down.weight", same},
    {"arwkv7", block, "time_mix_lerp_fused.weight", "att.x_", GgufChange::split_some_mixes},
    {"arwkv7", block, "time_mix_w0.weight", "att.w0", same},
    {"arwkv7", block, "time_mix_w1.weight", "att.w1", same},
    {"arwkv7", block, "time_mix_w2.weight", "att.w2", same},
    {"arwkv7", block, "time_mix_a0.weight", "att.a0", same},
    {"arwkv7", block, "time_mix_a1.weight", "att.a1", same},
    {"arwkv7", block, "time_mix_a2.weight", "att.a2", same},
    {"arwkv7", block, "time_mix_v0.weight", "att.v0", same},
    {"arwkv7", block, "time_mix_v1.weight", "att.v1", same},
    {"arwkv7", block, "time_mix_v2.weight", "att.v2", same},
    {"arwkv7", block, "time_mix_g1.weight", "att.g1", same},
    {"arwkv7", block, "time_mix_g2.weight", "att.g2", same},
    {"arwkv7", block, "time_mix_k_k.weight", "att.k_k", same},
    {"arwkv7", block, "time_mix_k_a.weight", "att.k_a", same},
    {"arwkv7", block, "time_mix_r_k.weight", "att.r_k", GgufChange::heads},
    {"arwkv7", block, "time_mix_receptance.weight", "att.receptance.weight", same},
    {"arwkv7", block, "time_mix_key.weight", "att.key.weight", same},
    {"arwkv7", block, "time_mix_value.weight", "att.value.weight", same},
    {"arwkv7", block, "time_mix_output.weight", "att.output.weight", same},
    {"arwkv7", block, "time_mix_ln.weight", "att.ln_x.weight", same},
    {"arwkv7", block, "time_mix_ln.bias", "att.ln_x.bias", same},
};

constexpr std::string_view block_prefix = "blk.";

/// "blk.12.name" becomes 12 and "name". Nothing unless the number is written the one way it can be.
std::optional<std::pair<uint32_t, std::string_view>> within_block(std::string_view name) {
    if (!name.starts_with(block_prefix)) return std::nullopt;
    name.remove_prefix(block_prefix.size());
    const char* const end = name.data() + name.size();
    uint32_t number = 0;
    const auto [stop, error] = std::from_chars(name.data(), end, number);
    const auto digits = static_cast<size_t>(stop - name.data());
    const bool padded = digits > 1 && name.front() == '0';
    if (error != std::errc() || stop == end || *stop != '.' || padded) return std::nullopt;
    return std::pair(number, name.substr(digits + 1));
}

}  // namespace

const GgmlType* find_ggml_type(uint32_t id) {
    const auto* found = std::ranges::find(ggml_types, id, &GgmlType::id);
    return found == std::end(ggml_types) ? nullptr : found;
}

const GgmlType& ggml_type_of(DType type) {
    const auto* found = std::ranges::find(ggml_types, std::optional(type), &GgmlType::dtype);
    RWKVK_ASSERT(found != std::end(ggml_types));
    return *found;
}

const GgufArchitecture* find_gguf_architecture(std::string_view name) {
    const auto* found = std::ranges::find(architectures, name, &GgufArchitecture::name);
    return found == std::end(architectures) ? nullptr : found;
}

std::span<const GgufName> gguf_names() { return names; }

std::optional<GgufPlace> find_gguf_name(std::string_view architecture, std::string_view name) {
    const auto in_block = within_block(name);
    const std::string_view wanted = in_block ? in_block->second : name;
    const auto* found = std::ranges::find_if(names, [&](const GgufName& row) {
        return row.architecture == architecture && row.of_block == in_block.has_value() && row.gguf == wanted;
    });
    if (found == std::end(names)) return std::nullopt;
    return GgufPlace{found, in_block ? in_block->first : 0};
}

std::string GgufPlace::official() const {
    return row->of_block ? concat("blocks.", block, ".", row->official) : std::string(row->official);
}

}  // namespace rwkvk::load
