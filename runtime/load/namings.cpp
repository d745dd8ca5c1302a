#include "runtime/load/namings.h"

#include <algorithm>
#include <utility>

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

constexpr Naming transformers = {"Hugging Face transformers", "rwkv.blocks.", transformers_around,
                                 transformers_within, LoraLayout::in_out};
constexpr Naming fla = {"flash-linear-attention", "model.layers.", layers_around, fla_within,
                        LoraLayout::out_in};
constexpr Naming layers = {"Hugging Face RWKV-7", "model.layers.", layers_around, layers_within,
                           LoraLayout::in_out};

bool any_below(const Tensors& tensors, std::string_view prefix) {
    const auto at = tensors.lower_bound(std::string(prefix));
    return at != tensors.end() && at->first.starts_with(prefix);
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

/// "<naming's blocks>12.ln1.weight" becomes "blocks.12.ln1.weight"; empty where no row fits.
std::string official_name(const Naming& naming, std::string_view name) {
    if (!name.starts_with(naming.blocks)) {
        const NameRow* row = row_of(naming.around, name);
        return row ? replaced(*row, name) : "";
    }
    name.remove_prefix(naming.blocks.size());
    const size_t dot = std::min(name.find('.'), name.size());
    const std::string_view number = name.substr(0, dot), rest = name.substr(std::min(dot + 1, name.size()));
    const NameRow* row = row_of(naming.within, rest);
    return row ? concat("blocks.", number, ".", replaced(*row, rest)) : "";
}

void tie_head(Tensors& tensors) {
    const auto embedding = tensors.find("emb.weight");
    if (embedding != tensors.end()) tensors.try_emplace("head.weight", embedding->second);
}

}  // namespace

const Naming* find_naming(const Tensors& tensors) {
    if (any_below(tensors, "rwkv.blocks.") || any_below(tensors, "rwkv.embeddings.")) return &transformers;
    if (any_below(tensors, "model.layers.0.attn.r_k")) return &fla;
    if (any_below(tensors, "model.layers.0.attention.r_k")) return &layers;
    return nullptr;
}

void use_official_names(Checkpoint& checkpoint, size_t file_size_bytes, const Naming& naming) {
    Tensors tensors = std::exchange(checkpoint.tensors, {});
    while (!tensors.empty()) {
        // Taken out one by one: the old and the new map are never both whole in memory.
        auto entry = tensors.extract(tensors.begin());
        std::string name = official_name(naming, entry.key());
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
    tie_head(checkpoint.tensors);
}

}  // namespace rwkvk::load
