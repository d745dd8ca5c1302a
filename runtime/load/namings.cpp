#include "runtime/load/namings.h"

#include <algorithm>
#include <utility>

#include "runtime/load/adapter_names.h"
#include "runtime/load/bytes.h"
#include "runtime/load/joined_mixes.h"
#include "runtime/load/limits.h"

namespace rwkvk::load {
namespace {

constexpr NameRow transformers_around[] = {
    {"rwkv.embeddings.weight", "emb.weight"},
    {"rwkv.ln_out.", "ln_out."},
    {"head.weight", "head.weight"},
};
constexpr NameRow transformers_within[] = {
    {"pre_ln.", "ln0."},
    {"ln1.", "ln1."},
    {"ln2.", "ln2."},
    {"attention.time_mix_key", "att.time_mix_k"},
    {"attention.time_mix_value", "att.time_mix_v"},
    {"attention.time_mix_receptance", "att.time_mix_r"},
    {"attention.time_mix_gate", "att.time_mix_g"},
    {"attention.", "att."},
    {"feed_forward.time_mix_key", "ffn.time_mix_k"},
    {"feed_forward.time_mix_receptance", "ffn.time_mix_r"},
    {"feed_forward.", "ffn."},
};

constexpr NameRow layers_around[] = {
    {"model.embeddings.weight", "emb.weight"}, {"model.norm.", "ln_out."},     {"model.ln_out.", "ln_out."},
    {"lm_head.weight", "head.weight"},         {"head.weight", "head.weight"},
};
constexpr std::string_view joined_mixes = "att.x_x";
constexpr NameRow fla_within[] = {
    {"pre_norm.", "ln0."},
    {"attn_norm.", "ln1."},
    {"ffn_norm.", "ln2."},
    {"attn.r_proj.weight", "att.receptance.weight"},
    {"attn.k_proj.weight", "att.key.weight"},
    {"attn.v_proj.weight", "att.value.weight"},
    {"attn.o_proj.weight", "att.output.weight"},
    {"attn.g_norm.", "att.ln_x."},
    {"attn.w_lora.lora.2.bias", "att.w0"},
    {"attn.w_lora.lora.0.weight", "att.w1"},
    {"attn.w_lora.lora.2.weight", "att.w2"},
    {"attn.a_lora.lora.2.bias", "att.a0"},
    {"attn.a_lora.lora.0.weight", "att.a1"},
    {"attn.a_lora.lora.2.weight", "att.a2"},
    {"attn.v_lora.lora.2.bias", "att.v0"},
    {"attn.v_lora.lora.0.weight", "att.v1"},
    {"attn.v_lora.lora.2.weight", "att.v2"},
    {"attn.g_lora.lora.0.weight", "att.g1"},
    {"attn.g_lora.lora.2.weight", "att.g2"},
    {"attn.x_r", "att.x_r"},
    {"attn.x_w", "att.x_w"},
    {"attn.x_k", "att.x_k"},
    {"attn.x_v", "att.x_v"},
    {"attn.x_a", "att.x_a"},
    {"attn.x_g", "att.x_g"},
    {"attn.x_x", joined_mixes},
    {"attn.k_k", "att.k_k"},
    {"attn.k_a", "att.k_a"},
    {"attn.r_k", "att.r_k"},
    {"ffn.x_k", "ffn.x_k"},
    {"ffn.key.weight", "ffn.key.weight"},
    {"ffn.value.weight", "ffn.value.weight"},
};
constexpr NameRow layers_within[] = {
    {"pre_ln.", "ln0."}, {"ln0.", "ln0."},       {"ln1.", "ln1."},
    {"ln2.", "ln2."},    {"attention.", "att."}, {"feed_forward.", "ffn."},
};

// rwkv-rs/transformers-rwkv, temp/rwkv_pth2st.py. Block 0 has no value residual there, as no program needs.
constexpr NameRow rwkv_rs_around[] = {
    {"model.embed_tokens.weight", "emb.weight"},
    {"model.embedding_norm.", "blocks.0.ln0."},
    {"model.norm.", "ln_out."},
    {"lm_head.weight", "head.weight"},
};
constexpr NameRow rwkv_rs_within[] = {
    {"input_layernorm.", "ln1."},
    {"post_attention_layernorm.", "ln2."},
    {"linear_attn.r_proj.", "att.receptance."},
    {"linear_attn.k_proj.", "att.key."},
    {"linear_attn.v_proj.", "att.value."},
    {"linear_attn.o_proj.", "att.output."},
    {"linear_attn.g_norm.", "att.ln_x."},
    {"linear_attn.", "att."},
    {"mlp.", "ffn."},
};

constexpr std::string_view transformers_tells[] = {""};
constexpr std::string_view fla_tells[] = {"attn.r_k",     "attn.r_proj.", "attn.k_proj.", "attn.v_proj.",
                                          "attn.o_proj.", "attn.w_lora.", "attn.a_lora.", "attn.v_lora.",
                                          "attn.g_lora.", "ffn.key.",     "ffn.value."};
constexpr std::string_view layers_tells[] = {
    "attention.r_k",     "attention.receptance.", "attention.key.",     "attention.value.",
    "attention.output.", "feed_forward.key.",     "feed_forward.value."};
constexpr std::string_view rwkv_rs_tells[] = {"linear_attn.r_k",     "linear_attn.r_proj.",
                                              "linear_attn.k_proj.", "linear_attn.v_proj.",
                                              "linear_attn.o_proj.", "mlp.key.",
                                              "mlp.value."};

constexpr Naming namings[] = {
    {"Hugging Face transformers", "rwkv.blocks.", transformers_tells, transformers_around,
     transformers_within, LoraLayout::in_out},
    {"flash-linear-attention", "model.layers.", fla_tells, layers_around, fla_within, LoraLayout::out_in},
    {"Hugging Face RWKV-7", "model.layers.", layers_tells, layers_around, layers_within, LoraLayout::in_out},
    {"rwkv-rs", "model.layers.", rwkv_rs_tells, rwkv_rs_around, rwkv_rs_within, LoraLayout::in_out},
};

/// "<blocks>12.ln1.weight" becomes "12" and "ln1.weight"; both empty for a name that begins otherwise.
std::pair<std::string_view, std::string_view> within_block(const Naming& naming, std::string_view name) {
    if (!name.starts_with(naming.blocks)) return {};
    name.remove_prefix(naming.blocks.size());
    const size_t dot = name.find('.');
    return dot == name.npos ? std::pair(name, std::string_view{})
                            : std::pair(name.substr(0, dot), name.substr(dot + 1));
}

bool is_telling(const Naming& naming, std::string_view name) {
    const auto [number, rest] = within_block(naming, name);
    return !number.empty() &&
           std::ranges::any_of(naming.tells, [&](std::string_view begin) { return rest.starts_with(begin); });
}

/// Null where no row fits.
const NameRow* row_of(std::span<const NameRow> rows, std::string_view name) {
    const auto found = std::ranges::find_if(rows, [&](const NameRow& row) {
        return row.other == name || (row.other.ends_with('.') && name.starts_with(row.other));
    });
    return found == rows.end() ? nullptr : &*found;
}

std::string replaced(const NameRow& row, std::string_view name) {
    return concat(row.official, name.substr(row.other.size()));
}

/// Empty where no row fits.
std::string official_name(const Naming& naming, std::string_view name) {
    const auto [number, rest] = within_block(naming, name);
    const NameRow* row = number.empty() ? row_of(naming.around, name) : row_of(naming.within, rest);
    if (!row) return "";
    return number.empty() ? replaced(*row, name) : concat("blocks.", number, ".", replaced(*row, rest));
}

/// The same of a part of an adapter, which is named after the matrix it changes.
std::string official_adapter_name(const Naming& naming, std::string_view name) {
    const AdapterEnding* ending = find_adapter_ending(name);
    if (!ending) return "";
    constexpr std::string_view weight = ".weight";
    const std::string_view target = name.substr(0, name.size() - ending->text.size());
    std::string official = official_name(naming, concat(target, weight));
    if (official.ends_with(weight)) official.resize(official.size() - weight.size());
    return official.empty() ? "" : concat(official, ending->text);
}

}  // namespace

bool any_below(const Tensors& tensors, std::string_view prefix) {
    const auto at = tensors.lower_bound(std::string(prefix));
    return at != tensors.end() && at->first.starts_with(prefix);
}

const Naming* find_naming(const Tensors& tensors) {
    for (const Naming& naming : namings) {
        for (auto at = tensors.lower_bound(std::string(naming.blocks));
             at != tensors.end() && at->first.starts_with(naming.blocks); ++at) {
            if (is_telling(naming, at->first)) return &naming;
        }
    }
    return nullptr;
}

void use_official_names(Checkpoint& checkpoint, size_t file_size_bytes, const Naming& naming) {
    Tensors tensors = std::exchange(checkpoint.tensors, {});
    while (!tensors.empty()) {
        // Taken out one by one: the old and the new map are never both whole in memory.
        auto entry = tensors.extract(tensors.begin());
        std::string name = official_name(naming, entry.key());
        if (name.empty()) name = official_adapter_name(naming, entry.key());
        if (name.empty()) {
            throw Error(Code::unsupported,
                        concat(checkpoint.path, ": tensor ", quote(entry.key()), ": expected the names of ",
                               naming.whose, ", found another: use the original .pth"));
        }
        if (name.ends_with(joined_mixes)) {
            name.pop_back();
            add_split_mixes(checkpoint, file_size_bytes, entry.key(), name, entry.mapped());
        } else {
            add_tensor(checkpoint, file_size_bytes, std::move(name), std::move(entry.mapped()));
        }
    }
}

}  // namespace rwkvk::load
