#include "runtime/write/gguf_describe.h"

#include <algorithm>

#include "runtime/load/gguf/gguf_sampling.h"
#include "runtime/load/gguf/gguf_types.h"
#include "runtime/load/gguf/gguf_vocabulary.h"

namespace rwkvk {
namespace {

constexpr float layer_norm_epsilon = 1e-5f;

/// A key that tells the rank of low-rank matrices: the rows of a tensor, of which several may be joined.
struct RankKey {
    std::string_view key, tensor;
    uint32_t joined = 1;
};
constexpr RankKey rank_keys6[] = {
    {"time_mix_extra_dim", "att.time_maa_w1", 5},
    {"time_decay_extra_dim", "att.time_decay_w1"},
};
constexpr RankKey rank_keys7[] = {
    {"attention.decay_lora_rank", "att.w1"},
    {"attention.iclr_lora_rank", "att.a1"},
    {"attention.value_residual_mix_lora_rank", "att.v1"},
    {"attention.gate_lora_rank", "att.g1"},
};

/// Those that llama.cpp reads of a model with the recurrence of version 6 or 7.
std::span<const RankKey> rank_keys(std::string_view architecture) {
    if (architecture == "rwkv6" || architecture == "rwkv6qwen2") return rank_keys6;
    if (architecture == "rwkv7" || architecture == "arwkv7") return rank_keys7;
    return {};
}

uint32_t rank_of(const Model& model, const RankKey& row) {
    const uint32_t last = model.dimensions().layers - 1;
    auto shape = model.weights().find(arch::block(last, row.tensor));
    // A model of one layer has no value residual, and readers want a rank.
    if (!shape && row.tensor == "att.v1") shape = model.weights().find(arch::block(last, "att.a1"));
    return shape ? shape->out / row.joined : 0;  // 0: no gate
}

/// The norms of the hybrids and the key and value heads that several heads share.
void describe_hybrid(const Model& model, std::string_view architecture, load::GgufMetadataToWrite& out) {
    const WeightSource::Facts facts = model.weights().facts();
    const auto key = model.weights().find(arch::block(0, "att.key.weight"));
    RWKVK_ASSERT(key && facts.norm_epsilon);
    out.add_u32(concat(architecture, ".token_shift_count"), 1);
    out.add_u32(concat(architecture, ".attention.head_count_kv"), key->out / model.dimensions().head_size);
    out.add_f32(concat(architecture, ".attention.layer_norm_rms_epsilon"), *facts.norm_epsilon);
}

/// Of all rows of a model; those that no token sets are unused.
struct TokenLists {
    explicit TokenLists(uint32_t rows) : texts(rows), types(rows, load::gguf_token::unused) {
        for (uint32_t id = 0; id < rows; ++id) texts[id] = concat("[PAD", id, "]");
    }
    void set(uint32_t id, std::string text, int32_t type) {
        texts[id] = std::move(text);
        types[id] = type;
    }

    std::vector<std::string> texts;
    std::vector<int32_t> types;
};

void describe_world(const load::Vocabulary& vocabulary, TokenLists& lists, load::GgufMetadataToWrite& out) {
    for (uint32_t id = 1; id < vocabulary.tokens.size(); ++id) {
        if (vocabulary.tokens[id].empty() || std::ranges::binary_search(vocabulary.unmatched, id)) continue;
        lists.set(id, load::gguf_escaped(vocabulary.tokens[id]), load::gguf_token::normal);
    }
    lists.set(0, "<s>", load::gguf_token::control);
    out.add_text("tokenizer.ggml.model", "rwkv");
    out.add_u32("tokenizer.ggml.bos_token_id", 0);
    out.add_u32("tokenizer.ggml.eos_token_id", 0);
}

void describe_bpe(const load::Vocabulary& vocabulary, const text::BpeRules& rules, TokenLists& lists,
                  load::GgufMetadataToWrite& out) {
    for (uint32_t id = 0; id < vocabulary.tokens.size(); ++id) {
        if (!vocabulary.tokens[id].empty())
            lists.set(id, text::byte_level_of(vocabulary.tokens[id]), load::gguf_token::normal);
    }
    for (const text::AddedToken& added : rules.added) {
        lists.set(added.id, vocabulary.tokens[added.id],
                  added.special ? load::gguf_token::control : load::gguf_token::user_defined);
    }
    std::vector<std::string> merges;
    for (const text::BpeMerge& merge : rules.merges)
        merges.push_back(concat(lists.texts[merge.left], " ", lists.texts[merge.right]));
    out.add_text("tokenizer.ggml.model", "gpt2");
    out.add_text("tokenizer.ggml.pre", "qwen2");  // the one pattern that models in GGUF files have
    out.add_texts("tokenizer.ggml.merges", merges);
    if (rules.end_of_text >= 0)
        out.add_u32("tokenizer.ggml.eos_token_id", static_cast<uint32_t>(rules.end_of_text));
}

}  // namespace

void describe_model(const Model& model, std::string_view architecture, std::string_view title,
                    load::GgufMetadataToWrite& out) {
    const arch::Dimensions& m = model.dimensions();
    const auto key = [&](std::string_view name) { return concat(architecture, ".", name); };
    out.add_text("general.architecture", architecture);
    out.add_text("general.type", "model");
    if (!title.empty()) out.add_text("general.name", title);
    if (model.sampling()) load::write_gguf_sampling(*model.sampling(), out);
    out.add_u32("general.quantization_version", 2);
    out.add_u32(key("context_length"), 1048576);
    out.add_u32(key("embedding_length"), m.width);
    out.add_u32(key("block_count"), m.layers);
    out.add_u32(key("feed_forward_length"), m.ffn);
    if (m.head_size > 0) out.add_u32(key("wkv.head_size"), m.head_size);
    out.add_u32(key("attention.head_count"), 0);
    if (load::find_gguf_architecture(architecture)->norms == load::GgufNorms::rms) {
        describe_hybrid(model, architecture, out);
    } else {
        out.add_u32(key("token_shift_count"), 2);
        out.add_f32(key("attention.layer_norm_epsilon"), layer_norm_epsilon);
    }
    if (const auto epsilon = model.weights().facts().group_epsilon)
        out.add_f32(key("attention.group_norm_epsilon"), *epsilon);
    for (const RankKey& row : rank_keys(architecture)) out.add_u32(key(row.key), rank_of(model, row));
}

void describe_vocabulary(const load::Vocabulary& vocabulary, uint32_t rows, load::GgufMetadataToWrite& out) {
    if (vocabulary.tokens.size() > rows) {
        throw Error(Code::bad_argument,
                    concat("a vocabulary of ", vocabulary.tokens.size(), " tokens for a model of ", rows,
                           " rows: use the vocabulary that belongs to the model"));
    }
    TokenLists lists(rows);
    if (vocabulary.bpe) {
        describe_bpe(vocabulary, *vocabulary.bpe, lists, out);
    } else {
        describe_world(vocabulary, lists, out);
    }
    out.add_texts("tokenizer.ggml.tokens", lists.texts);
    out.add_i32s("tokenizer.ggml.token_type", lists.types);
    if (vocabulary.end_of_turn >= 0)
        out.add_u32("tokenizer.ggml.eot_token_id", static_cast<uint32_t>(vocabulary.end_of_turn));
    std::string_view chat_template = vocabulary.chat_template;
    if (chat_template.empty() && !vocabulary.bpe) chat_template = "rwkv-world";
    if (!chat_template.empty()) out.add_text("tokenizer.chat_template", chat_template);
}

}  // namespace rwkvk
