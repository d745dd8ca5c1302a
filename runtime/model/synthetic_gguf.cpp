#include "runtime/model/synthetic_gguf.h"

#include <algorithm>

#include "runtime/catalogue/weights.h"
#include "runtime/load/gguf_types.h"
#include "runtime/load/gguf_vocabulary.h"
#include "runtime/load/gguf_write.h"
#include "runtime/text/world_vocabulary.h"

namespace rwkvk {
namespace {

constexpr std::string_view architecture = "rwkv7";

struct Stored {
    WeightFormat format;
    load::DType dtype;
    uint32_t file_type;  // llama.cpp's number for a model mostly of this type
};
constexpr Stored stored_types[] = {
    {WeightFormat::f32, load::DType::f32, 0},        {WeightFormat::f16, load::DType::f16, 1},
    {WeightFormat::bf16, load::DType::bf16, 32},     {WeightFormat::q8_0, load::DType::q8_0, 7},
    {WeightFormat::q4_0, load::DType::q4_0, 2},      {WeightFormat::q4_1, load::DType::q4_1, 3},
    {WeightFormat::q5_0, load::DType::q5_0, 8},      {WeightFormat::q5_1, load::DType::q5_1, 9},
    {WeightFormat::q2_k, load::DType::q2_k, 10},     {WeightFormat::q3_k, load::DType::q3_k, 11},
    {WeightFormat::q4_k, load::DType::q4_k, 14},     {WeightFormat::q5_k, load::DType::q5_k, 16},
    {WeightFormat::q6_k, load::DType::q6_k, 18},     {WeightFormat::iq4_nl, load::DType::iq4_nl, 25},
    {WeightFormat::iq4_xs, load::DType::iq4_xs, 30},
};

const Stored& stored_as(WeightFormat format) {
    const auto* found = std::ranges::find(stored_types, format, &Stored::format);
    RWKVK_ASSERT(found != std::end(stored_types));
    return *found;
}

/// Texts of all rows of the model and llama.cpp's types for them.
struct Tokens {
    std::vector<std::string> texts;  // escaped
    std::vector<int32_t> types;
    uint32_t end_of_turn = 0;
};

std::vector<text::VocabularyEntry> single_bytes(uint32_t rows) {
    std::vector<text::VocabularyEntry> entries;
    for (uint32_t byte = 0; byte < 256 && byte + 1 < rows; ++byte)
        entries.push_back({byte + 1, std::string(1, static_cast<char>(byte))});
    return entries;
}

Tokens make_tokens(uint32_t rows, const std::string& vocabulary) {
    const auto entries = vocabulary.empty() ? single_bytes(rows) : text::read_world_vocabulary(vocabulary);
    Tokens tokens;
    for (uint32_t id = 0; id < rows; ++id) tokens.texts.push_back(concat("[PAD", id, "]"));
    tokens.types.assign(rows, load::gguf_token::unused);
    tokens.texts[0] = "<s>";
    tokens.types[0] = load::gguf_token::control;
    for (const text::VocabularyEntry& entry : entries) {
        if (entry.id >= rows) {
            throw Error(Code::bad_argument,
                        concat(vocabulary, ": id ", entry.id, " in a vocabulary for ", rows,
                               " rows: make the model larger, or use another vocabulary"));
        }
        if (entry.id == 0) continue;
        tokens.texts[entry.id] = load::gguf_escaped(entry.bytes);
        tokens.types[entry.id] = load::gguf_token::normal;
        if (entry.bytes == "\n\n") tokens.end_of_turn = entry.id;
    }
    return tokens;
}

load::GgufMetadataToWrite make_metadata(const SyntheticSpec& spec, const std::string& vocabulary) {
    const arch::Rwkv7& m = spec.model;
    const arch::Rwkv7::Ranks& ranks = m.ranks.back();
    const auto key = [](const char* name) { return concat(architecture, ".", name); };
    load::GgufMetadataToWrite out;
    out.add_text("general.architecture", architecture);
    out.add_text("general.type", "model");
    out.add_text("general.name",
                 concat("random RWKV-7, ", m.layers, " layers of ", m.width, ", seed ", spec.seed));
    out.add_u32("general.file_type", stored_as(spec.format).file_type);
    out.add_u32("general.quantization_version", 2);
    out.add_u32(key("context_length"), 1048576);
    out.add_u32(key("embedding_length"), m.width);
    out.add_u32(key("block_count"), m.layers);
    out.add_u32(key("feed_forward_length"), m.ffn);
    out.add_u32(key("wkv.head_size"), m.head_size);
    out.add_u32(key("attention.head_count"), 0);
    out.add_u32(key("token_shift_count"), 2);
    out.add_f32(key("attention.layer_norm_epsilon"), 1e-5f);
    out.add_u32(key("attention.decay_lora_rank"), ranks.w);
    out.add_u32(key("attention.iclr_lora_rank"), ranks.a);
    // A model of one layer has no value residual, and readers want a rank.
    out.add_u32(key("attention.value_residual_mix_lora_rank"), ranks.v ? ranks.v : ranks.a);
    out.add_u32(key("attention.gate_lora_rank"), ranks.g);
    const Tokens tokens = make_tokens(m.vocabulary, vocabulary);
    out.add_text("tokenizer.ggml.model", "rwkv");
    out.add_texts("tokenizer.ggml.tokens", tokens.texts);
    out.add_i32s("tokenizer.ggml.token_type", tokens.types);
    out.add_u32("tokenizer.ggml.bos_token_id", 0);
    out.add_u32("tokenizer.ggml.eos_token_id", 0);
    out.add_u32("tokenizer.ggml.eot_token_id", tokens.end_of_turn);
    out.add_text("tokenizer.chat_template", "rwkv-world");
    return out;
}

/// The tensors of the file, in the order of the table of names; they refer to the source.
class Tensors {
  public:
    Tensors(const WeightSource& source, uint32_t layers) : source_(source) {
        for (const load::GgufName& row : load::gguf_names()) {
            if (row.architecture == architecture && !row.of_block) add(row, std::string(row.gguf), "", 0);
        }
        for (uint32_t layer = 0; layer < layers; ++layer) add_block(layer);
    }

    std::vector<load::GgufTensorToWrite> take() && { return std::move(tensors_); }

  private:
    void add_block(uint32_t layer) {
        for (const load::GgufName& row : load::gguf_names()) {
            if (row.architecture != architecture || !row.of_block) continue;
            add(row, concat("blk.", layer, ".", row.gguf), concat("blocks.", layer, "."), layer);
        }
    }

    void add(const load::GgufName& row, const std::string& name, const std::string& prefix, uint32_t layer) {
        if (row.change == load::GgufChange::split_mixes)
            return add_mixes(name, prefix + std::string(row.official));
        std::string official(row.official);
        // llama.cpp wants a value residual in the first layer too, and ignores it.
        if (layer == 0 && official.starts_with("att.v") && official.size() == 6) official[4] = 'a';
        add_tensor(name, prefix + official, row.change == load::GgufChange::heads);
    }

    void add_mixes(const std::string& name, const std::string& official) {
        const auto shape = *source_.find(official + load::gguf_mix_letters.front());
        RWKVK_ASSERT(shape.format == WeightFormat::f32);
        const auto read = [&source = source_, official, in = shape.in](uint64_t first, uint64_t rows,
                                                                       std::byte* out) {
            for (uint64_t i = 0; i < rows; ++i) {
                source.read_rows(official + load::gguf_mix_letters[first + i], 0, 1,
                                 out + i * in * sizeof(float));
            }
        };
        tensors_.push_back({name, load::DType::f32, {load::gguf_mix_letters.size(), 1, 1, shape.in}, read});
    }

    void add_tensor(const std::string& name, const std::string& official, bool flat) {
        const auto shape = *source_.find(official);
        // Readers want these as F32 whatever the rest is.
        const bool widened = official.ends_with(".att.w1") || official.ends_with(".att.w2");
        const load::DType type = widened ? load::DType::f32 : stored_as(shape.format).dtype;
        std::vector<uint64_t> dims = {shape.out, shape.in};
        if (shape.out == 1) dims = {shape.in};
        if (flat) dims = {uint64_t{shape.out} * shape.in};
        const uint32_t together = flat ? shape.out : 1;  // rows of the source in one of the file
        const auto read = [&source = source_, official, widened, shape, together](
                              uint64_t first, uint64_t rows, std::byte* out) {
            const auto begin = static_cast<uint32_t>(first * together),
                       count = static_cast<uint32_t>(rows * together);
            if (widened) return read_floats(source, official, shape, begin, count, out);
            source.read_rows(official, begin, count, out);
        };
        tensors_.push_back({name, type, dims, read});
    }

    static void read_floats(const WeightSource& source, const std::string& name,
                            const WeightSource::Shape& shape, uint32_t first, uint32_t rows, std::byte* out) {
        std::vector<float> values(uint64_t{rows} * shape.in);
        std::vector<std::byte> stored(stored_bytes(shape.format, values.size()));
        source.read_rows(name, first, rows, stored.data());
        decode(shape.format, stored.data(), values);
        std::memcpy(out, values.data(), values.size() * sizeof(float));
    }

    const WeightSource& source_;
    std::vector<load::GgufTensorToWrite> tensors_;
};

}  // namespace

void write_synthetic_gguf(const std::string& path, const SyntheticSpec& spec, const std::string& vocabulary,
                          const Progress& progress) {
    const load::GgufMetadataToWrite metadata = make_metadata(spec, vocabulary);
    const auto source = make_synthetic_source(spec);
    const auto tensors = Tensors(*source, spec.model.layers).take();
    write_gguf(path, metadata, tensors, [&](uint64_t done, uint64_t all) {
        if (!progress || progress(static_cast<double>(done) / static_cast<double>(all))) return;
        throw Error(Code::cancelled, concat(path, ": writing was cancelled"));
    });
}

}  // namespace rwkvk
