#include "runtime/load/gguf/gguf_types.h"

#include <algorithm>
#include <charconv>

#include "host/error.h"

namespace rwkvk::load {
namespace {

/// For types whose files are refused whatever their size: retired ones, and some that no RWKV came in.
constexpr uint32_t any = 0;

constexpr GgmlType ggml_types[] = {
    {0, "F32", DType::f32, 1, 4},
    {1, "F16", DType::f16, 1, 2},
    {2, "Q4_0", DType::q4_0, 32, 18},
    {3, "Q4_1", DType::q4_1, 32, 20},
    {4, "Q4_2 (retired)", {}, 1, any},
    {5, "Q4_3 (retired)", {}, 1, any},
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
    {31, "Q4_0_4_4 (retired)", {}, 1, any},
    {32, "Q4_0_4_8 (retired)", {}, 1, any},
    {33, "Q4_0_8_8 (retired)", {}, 1, any},
    {34, "TQ1_0", {}, 256, 54},
    {35, "TQ2_0", {}, 256, 66},
    {39, "MXFP4", {}, 32, 17},
    {40, "NVFP4", {}, 1, any},
    {41, "Q1_0", {}, 1, any},
};

constexpr bool global = false, block = true;
constexpr auto same = GgufChange::none;

/// Rows of a table are of one or more architectures.
constexpr uint32_t v6 = 1, v7 = 2, q6 = 4, q7 = 8, all = v6 | v7 | q6 | q7;

constexpr GgufArchitecture architectures[] = {
    {"rwkv6", GgufNorms::layer, v6},
    {"rwkv7", GgufNorms::layer, v7},
    {"rwkv6qwen2", GgufNorms::rms, q6},
    {"arwkv7", GgufNorms::rms, q7},
    // Those that llama.cpp does not know, whose files have official names (docs/FORMATS.md).
    {"rwkv4", GgufNorms::layer, 0},
    {"rwkv5", GgufNorms::layer, 0},
    {"rwkv7a", GgufNorms::layer, 0},
};

constexpr GgufName names[] = {
    {all, global, "token_embd.weight", "emb.weight", same},
    {v6 | v7, global, "token_embd_norm.weight", "blocks.0.ln0.weight", same},
    {v6 | v7, global, "token_embd_norm.bias", "blocks.0.ln0.bias", same},
    {all, global, "output_norm.weight", "ln_out.weight", same},
    {all, global, "output_norm.bias", "ln_out.bias", same},
    {all, global, "output.weight", "head.weight", same},
    {all, block, "attn_norm.weight", "ln1.weight", same},
    {v6 | v7, block, "attn_norm.bias", "ln1.bias", same},
    {v6 | v7, block, "attn_norm_2.weight", "ln2.weight", same},
    {v6 | v7, block, "attn_norm_2.bias", "ln2.bias", same},
    {v6 | q6, block, "time_mix_w1.weight", "att.time_maa_w1", same},
    {v6 | q6, block, "time_mix_w2.weight", "att.time_maa_w2", same},
    {v6 | q6, block, "time_mix_lerp_x.weight", "att.time_maa_x", same},
    {v6 | q6, block, "time_mix_lerp_fused.weight", "att.time_maa_", GgufChange::split_mixes6},
    {v6, block, "time_mix_lerp_w.weight", "att.time_maa_w", GgufChange::single_mix},
    {v6, block, "time_mix_lerp_k.weight", "att.time_maa_k", GgufChange::single_mix},
    {v6, block, "time_mix_lerp_v.weight", "att.time_maa_v", GgufChange::single_mix},
    {v6, block, "time_mix_lerp_r.weight", "att.time_maa_r", GgufChange::single_mix},
    {v6, block, "time_mix_lerp_g.weight", "att.time_maa_g", GgufChange::single_mix},
    {v6, block, "time_mix_first.weight", "att.time_faaaa", GgufChange::heads},
    {v6 | q6, block, "time_mix_decay.weight", "att.time_decay", same},
    {v6 | q6, block, "time_mix_decay_w1.weight", "att.time_decay_w1", same},
    {v6 | q6, block, "time_mix_decay_w2.weight", "att.time_decay_w2", same},
    {all, block, "time_mix_receptance.weight", "att.receptance.weight", same},
    {all, block, "time_mix_key.weight", "att.key.weight", same},
    {all, block, "time_mix_value.weight", "att.value.weight", same},
    {v6 | q6, block, "time_mix_gate.weight", "att.gate.weight", same},
    {v6, block, "time_mix_output.weight", "att.output.weight", GgufChange::rescaled},
    {all, block, "time_mix_ln.weight", "att.ln_x.weight", same},
    {v6 | v7 | q7, block, "time_mix_ln.bias", "att.ln_x.bias", same},
    {v6, block, "channel_mix_lerp_k.weight", "ffn.time_maa_k", same},
    {v6, block, "channel_mix_lerp_r.weight", "ffn.time_maa_r", same},
    {v6 | v7, block, "channel_mix_key.weight", "ffn.key.weight", same},
    {v6, block, "channel_mix_receptance.weight", "ffn.receptance.weight", same},
    {v6, block, "channel_mix_value.weight", "ffn.value.weight", GgufChange::rescaled},
    {q6 | q7, block, "ffn_norm.weight", "ln2.weight", same},
    {q6 | q7, block, "ffn_gate.weight", "ffn.gate.weight", same},
    {q6 | q7, block, "ffn_up.weight", "ffn.up.weight", same},
    {q6 | q7, block, "ffn_down.weight", "ffn.down.weight", same},
    {q6, block, "time_mix_first.weight", "att.time_faaaa", same},
    {q6, block, "time_mix_receptance.bias", "att.receptance.bias", same},
    {q6, block, "time_mix_key.bias", "att.key.bias", same},
    {q6, block, "time_mix_value.bias", "att.value.bias", same},
    {v7 | q6 | q7, block, "time_mix_output.weight", "att.output.weight", same},
    {v7 | q7, block, "time_mix_lerp_fused.weight", "att.x_", GgufChange::split_mixes},
    {v7 | q7, block, "time_mix_w0.weight", "att.w0", same},
    {v7 | q7, block, "time_mix_w1.weight", "att.w1", same},
    {v7 | q7, block, "time_mix_w2.weight", "att.w2", same},
    {v7 | q7, block, "time_mix_a0.weight", "att.a0", same},
    {v7 | q7, block, "time_mix_a1.weight", "att.a1", same},
    {v7 | q7, block, "time_mix_a2.weight", "att.a2", same},
    {v7 | q7, block, "time_mix_v0.weight", "att.v0", same},
    {v7 | q7, block, "time_mix_v1.weight", "att.v1", same},
    {v7 | q7, block, "time_mix_v2.weight", "att.v2", same},
    {v7 | q7, block, "time_mix_g1.weight", "att.g1", same},
    {v7 | q7, block, "time_mix_g2.weight", "att.g2", same},
    {v7 | q7, block, "time_mix_k_k.weight", "att.k_k", same},
    {v7 | q7, block, "time_mix_k_a.weight", "att.k_a", same},
    {v7 | q7, block, "time_mix_r_k.weight", "att.r_k", GgufChange::heads},
    {v7, block, "channel_mix_lerp_k.weight", "ffn.x_k", same},
    {v7, block, "channel_mix_value.weight", "ffn.value.weight", same},
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

bool is_of(const GgufName& row, std::string_view architecture) {
    const GgufArchitecture* found = find_gguf_architecture(architecture);
    return found && (row.architectures & found->names) != 0;
}

std::optional<GgufPlace> find_gguf_name(std::string_view architecture, std::string_view name) {
    const auto in_block = within_block(name);
    const std::string_view wanted = in_block ? in_block->second : name;
    const auto* found = std::ranges::find_if(names, [&](const GgufName& row) {
        return is_of(row, architecture) && row.of_block == in_block.has_value() && row.gguf == wanted;
    });
    if (found == std::end(names)) return std::nullopt;
    return GgufPlace{found, in_block ? in_block->first : 0};
}

std::string GgufPlace::official() const {
    return row->of_block ? concat("blocks.", block, ".", row->official) : std::string(row->official);
}

}  // namespace rwkvk::load
