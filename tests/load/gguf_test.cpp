// GGUF files: what they mean, and what is said of those that are not read.
#include "runtime/load/gguf/gguf.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "runtime/load/bytes.h"
#include "runtime/load/gguf/gguf_vocabulary.h"
#include "runtime/load/gguf/gguf_write.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/log_lines.h"
#include "tests/support/reference_folder.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

using namespace rwkvk::load;
using namespace rwkvk::test;
using namespace rwkvk::test::gguf;
using rwkvk::Code;
using rwkvk::Error;
namespace text = rwkvk::text;

namespace {

std::string refusal(const std::string& file, Code code = Code::bad_file) {
    return refusal_of([&] { read_checkpoint(as_bytes(file), "some.gguf"); }, code);
}
std::string refusal(const File& file, Code code = Code::bad_file) { return refusal(build(file), code); }

/// `file` outlives the checkpoint.
Checkpoint read(const std::string& file) { return read_checkpoint(as_bytes(file), "some.gguf"); }

std::vector<float> floats_of(const TensorView& view) {
    std::vector<float> values(view.elements());
    view.copy(0, values.size(), reinterpret_cast<std::byte*>(values.data()));
    return values;
}

std::vector<std::string> names_of(const Checkpoint& checkpoint) {
    std::vector<std::string> names;
    for (const auto& [name, view] : checkpoint.tensors) names.push_back(name);
    return names;
}

}  // namespace

TEST_CASE("tensors get official names and shapes, and the head size comes from the metadata") {
    const std::string file = build(tiny_v7());
    const Checkpoint model = read(file);
    CHECK(model.format == "gguf");
    CHECK(model.title.empty());
    CHECK_FALSE(model.vocabulary.has_value());
    CHECK(names_of(model) == std::vector<std::string>{"blocks.0.att.r_k", "emb.weight"});
    CHECK(model.tensors.at("emb.weight").shape_text() == "3x4");
    CHECK(model.tensors.at("emb.weight").dtype == DType::f16);
    CHECK(model.tensors.at("blocks.0.att.r_k").shape_text() == "2x2");
    CHECK(floats_of(model.tensors.at("blocks.0.att.r_k")) == std::vector<float>{0, 1, 2, 3});
}

TEST_CASE("every row of the table of names is found, once, in its architectures only") {
    size_t found = 0;
    for (const char* architecture : {"rwkv6", "rwkv7", "rwkv6qwen2", "arwkv7", "rwkv4", "rwkv"}) {
        for (const GgufName& row : gguf_names()) {
            if (!is_of(row, architecture)) continue;
            const std::string name = row.of_block ? "blk.31." + std::string(row.gguf) : std::string(row.gguf);
            INFO(architecture, " ", name);
            const auto place = find_gguf_name(architecture, name);
            REQUIRE(place.has_value());
            CHECK(place->row == &row);
            CHECK(place->official() == (row.of_block ? "blocks.31." : "") + std::string(row.official));
            CHECK_FALSE(find_gguf_name("rwkv", name).has_value());
            CHECK_FALSE(find_gguf_name(architecture, name + "x").has_value());
            ++found;
        }
    }
    CHECK(found == 125);
    CHECK_FALSE(find_gguf_name("rwkv7", "blk.0.time_mix_lerp_x.weight").has_value());
    CHECK_FALSE(find_gguf_name("arwkv7", "token_embd_norm.weight").has_value());
    for (const char* name : {"blk.attn_norm.weight", "blk.01.attn_norm.weight", "blk.-1.attn_norm.weight",
                             "blk.0.token_embd.weight", "attn_norm.weight", "blk.4294967296.attn_norm.weight",
                             "blk.0", "blk.", "blk.0attn_norm.weight", ""}) {
        INFO(name);
        CHECK_FALSE(find_gguf_name("rwkv7", name).has_value());
    }
}

TEST_CASE("the fused mixes become six views in the order r w k v a g, however the ones of their shape lie") {
    for (const std::vector<uint64_t>& ne : {std::vector<uint64_t>{4, 1, 1, 6}, {4, 6}, {4, 1, 6}}) {
        const std::string file =
            build(with_tensor({"blk.2.time_mix_lerp_fused.weight", ne, f32, ramp<float>(24)}));
        const Checkpoint model = read(file);
        CHECK(model.tensors.size() == 8);
        float first = 0;
        for (const char letter : std::string("rwkvag")) {
            const TensorView& mix = model.tensors.at(std::string("blocks.2.att.x_") + letter);
            CHECK(mix.shape_text() == "1x1x4");
            CHECK(floats_of(mix) == std::vector<float>{first, first + 1, first + 2, first + 3});
            first += 4;
        }
    }
    for (const std::vector<uint64_t>& ne : {std::vector<uint64_t>{4, 1, 1, 7}, {24}, {4, 2, 3}, {6, 4}}) {
        const auto count = ne.size() == 4 ? size_t{28} : size_t{24};
        const File file = with_tensor({"blk.2.time_mix_lerp_fused.weight", ne, f32, ramp<float>(count)});
        check_contains(refusal(file, Code::bad_shape), "expected 6 rows");
    }
}

TEST_CASE("the first block's value residual is ignored, whatever its type, the second's is not") {
    File file = with_tensor({"blk.0.time_mix_v1.weight", {256, 1}, iq2_xxs, std::string(66, 'x')});
    file.tensors.push_back({"blk.1.time_mix_v0.weight", {2}, f32, ramp<float>(2)});
    const std::string bytes = build(file);
    const Checkpoint model = read(bytes);
    CHECK_FALSE(model.tensors.contains("blocks.0.att.v1"));
    CHECK(model.tensors.contains("blocks.1.att.v0"));
    CHECK(model.tensors.size() == 3);
}

TEST_CASE("unknown tensors keep their names") {
    const std::string file = build(with_tensor({"blk.0.odd.weight", {1}, f32, "1234"}));
    CHECK(read(file).tensors.contains("blk.0.odd.weight"));
}

TEST_CASE("Q8_0 is read in blocks, as whole tensors and in slices") {
    std::string data;
    for (int i = 0; i < 6 * 2; ++i) data += std::string(34, static_cast<char>('a' + i));
    const std::string file =
        build(with_tensor({"blk.1.time_mix_lerp_fused.weight", {64, 1, 1, 6}, q8_0, data}));
    const Checkpoint model = read(file);
    std::string blocks(2 * 34, '?');
    model.tensors.at("blocks.1.att.x_v").copy(0, 64, reinterpret_cast<std::byte*>(blocks.data()));
    CHECK(blocks == data.substr(6 * 34, 2 * 34));
    File heads = with_tensor({"blk.1.time_mix_r_k.weight", {64}, q8_0, std::string(68, 'x')});
    check_contains(refusal(heads, Code::bad_shape), "whole heads of 2");
    heads.metadata[1] = entry_u32("rwkv7.wkv.head_size", 32);
    heads.tensors[1] = {"blk.0.time_mix_r_k.weight", {32}, f32, ramp<float>(32)};
    const std::string good = build(heads);
    CHECK(read(good).tensors.at("blocks.1.att.r_k").shape_text() == "2x32");
}

TEST_CASE("alignments, versions and other integer types are read") {
    for (const uint32_t alignment : {1u, 8u, 64u, 65536u}) {
        File file = with_entry(entry_u32("general.alignment", alignment));
        file.alignment = alignment;
        file.version = alignment == 8 ? 2 : 3;
        file.metadata[1] = entry("rwkv7.wkv.head_size", 11, le(int64_t{2}));
        const std::string bytes = build(file);
        CHECK(floats_of(read(bytes).tensors.at("blocks.0.att.r_k")) == std::vector<float>{0, 1, 2, 3});
    }
}

TEST_CASE("GGUF files of other kinds are refused by name") {
    const auto with_architecture = [](const char* name) {
        File file = tiny_v7();
        file.metadata[0] = entry_text("general.architecture", name);
        return file;
    };
    check_contains(refusal(with_architecture("llama"), Code::unsupported), "'llama': rwkvk runs RWKV models");
    for (const char* known : {"rwkv6qwen2", "arwkv7"})
        check_contains(refusal(with_architecture(known)),
                       "layer_norm_rms_epsilon from 1e-12 to 1, found none");
    check_contains(refusal(with_architecture("a\x1b[2J"), Code::unsupported), "'a?[2J'");
    check_contains(refusal(with_entry(entry_text("general.type", "adapter")), Code::unsupported),
                   "type 'adapter'");
    check_contains(refusal(with_entry(entry_u16("split.count", 3)), Code::unsupported), "one of 3 parts");
}

TEST_CASE("file versions and byte orders that are not read are refused by name") {
    const auto with_version = [](uint32_t version) {
        File file = tiny_v7();
        file.version = version;
        return file;
    };
    check_contains(refusal(with_version(1), Code::unsupported), "version 1, expected 2 or 3");
    check_contains(refusal(with_version(4), Code::unsupported), "version 4, expected 2 or 3");
    check_contains(refusal(with_version(0x03000000), Code::unsupported), "big-endian");
    check_contains(refusal("GGUF\x03"), "bytes of version");
    check_contains(refusal("GGUF"), "bytes of version");
}

TEST_CASE("metadata that RWKV-7 needs and values that it cannot have") {
    const auto with = [](size_t at, std::string one) {
        File file = tiny_v7();
        file.metadata[at] = std::move(one);
        return file;
    };
    check_contains(refusal(with(0, entry_u32("general.x", 1))), "without 'general.architecture'");
    check_contains(refusal(with(0, entry_u32("general.architecture", 1))), "expected a text");
    const char* head_size = "rwkv7.wkv.head_size";
    check_contains(refusal(with(1, entry_u32("rwkv7.wkv.x", 2))), "expected rwkv7.wkv.head_size");
    check_contains(refusal(with(1, entry_u32(head_size, 0))), "expected rwkv7.wkv.head_size");
    check_contains(refusal(with(1, entry_i32(head_size, -2))), "expected a whole number");
    check_contains(refusal(with(1, entry_f32(head_size, 2))), "expected a whole number");
    check_contains(refusal(with(1, entry_u32(head_size, 3)), Code::bad_shape), "whole heads of 3");
    const char* epsilon = "rwkv7.attention.layer_norm_epsilon";
    check_contains(refusal(with(2, entry_f32(epsilon, 1e-6f)), Code::unsupported), "found 1e-06");
    check_contains(refusal(with(2, entry_f32(epsilon, std::nanf(""))), Code::unsupported), "found nan");
    check_contains(refusal(with(2, entry_u32(epsilon, 0))), "expected a float32");
    const std::string near = build(with(2, entry_f32(epsilon, std::nextafter(1e-5f, 1.0f))));
    const std::string absent = build(with(2, entry_u32("x", 0)));
    CHECK(read(near).tensors.size() == 2);
    CHECK(read(absent).tensors.size() == 2);
}

TEST_CASE("metadata that is no metadata is refused") {
    const auto message = [](const std::string& one) { return refusal(with_entry(one)); };
    check_contains(message(entry_u32("rwkv7.wkv.head_size", 2)),
                   "two values of the key 'rwkv7.wkv.head_size'");
    check_contains(message(entry("x", 13, "")), "unknown type 13");
    check_contains(message(entry("x", 9, le(uint32_t{9}) + le(uint64_t{0}))), "array of arrays");
    check_contains(message(entry("x", 9, le(uint32_t{77}) + le(uint64_t{0}))), "unknown type 77");
    check_contains(message(entry("x", 9, le(uint32_t{10}) + le(~uint64_t{0}))), "of array");
    check_contains(message(entry("x", 9, le(uint32_t{0}) + le(uint64_t{5000}))), "of array");
    check_contains(message(entry("x", 9, le(uint32_t{8}) + le(uint64_t{5000}))), "5000 texts");
    check_contains(message(entry("x", 8, le(~uint64_t{0}))), "of text");
    check_contains(message(le(uint64_t{1} << 63)), "of key");
    for (const uint32_t alignment : {0u, 3u, 48u, 131072u})
        check_contains(message(entry_u32("general.alignment", alignment)), "expected a power of two");
    File many = tiny_v7();
    many.metadata_count = ~uint64_t{0};
    check_contains(refusal(many), "entries of metadata, expected at most");
    many.metadata_count = 4;
    check_contains(refusal(many), "of");
    many = tiny_v7();
    many.tensor_count = 8192;
    check_contains(refusal(many), "8192 tensors, expected at most");
}

TEST_CASE("tensors that cannot be are refused") {
    const auto message = [](const Tensor& one, Code code = Code::bad_file) {
        return refusal(with_tensor(one), code);
    };
    check_contains(message({"x", {}}), "0 dimensions, expected 1 to 4");
    check_contains(message({"x", {1, 1, 1, 1, 1}, f32, "1234"}), "5 dimensions, expected 1 to 4");
    check_contains(message({"x", {0}}), "a dimension of 0");
    check_contains(message({"x", {33}, q8_0, std::string(68, 'x')}),
                   "rows of 33 elements, expected a multiple of 32");
    check_contains(message({"x", {4}, f32, ""}), "does not lie in the");
    check_contains(message({"x", {~uint64_t{0}, 3}, f32, ""}), "does not lie in the");
    check_contains(message({"x", {uint64_t{1} << 62}, f32, ""}), "does not lie in the");
    check_contains(message({"x", {1}, f32, "1234", 33}), "expected a multiple of 32");
    check_contains(message({"x", {1}, f32, "1234", 0}), "overlaps");
    check_contains(message({"x", {1}, f32, "1234", uint64_t{1} << 40}), "does not lie in the");
    check_contains(message({"x", {1}, f32, "1234", ~uint64_t{0} - 31}), "does not lie in the");
    check_contains(message({"", {1}, f32, "1234"}), "tensor name ''");
    check_contains(message({"a\x1b[2J", {1}, f32, "1234"}), "'a?[2J'");
    check_contains(message({std::string(300, 'n'), {1}, f32, "1234"}), "of 300 bytes");
    check_contains(message({"token_embd.weight", {1}, f32, "1234"}), "two tensors named 'emb.weight'");
    check_contains(message({"x", {1}, 77, "1234"}, Code::unsupported),
                   "'x': elements of the unknown type 77");
    check_contains(message({"x", {256}, iq2_xxs, std::string(66, 'x')}, Code::unsupported),
                   "'x' is IQ2_XXS (type 16)");
    std::string cut = build(tiny_v7());
    cut.resize(cut.size() - 32);
    check_contains(refusal(cut), "does not lie in the");
}

TEST_CASE("tokens are the bodies of Python bytes literals") {
    const std::pair<std::string, std::string> cases[] = {
        {"", ""},
        {"it's", "it's"},
        {R"(say "hi")", R"(say "hi")"},
        {R"("\')", R"("')"},
        {R"(\t\n\r\\)", "\t\n\r\\"},
        {R"(\\n)", R"(\n)"},
        {R"(\xe4\xbd\xa0 \x00\xff\x7f~)", std::string("\xe4\xbd\xa0 \0\xff\x7f~", 8)},
    };
    for (const auto& [body, bytes] : cases) {
        INFO(body);
        CHECK(gguf_unescaped(body) == bytes);
        CHECK(gguf_escaped(bytes) == body);
    }
    for (const char* wrong : {"\\", "a\\", "\\x", "\\x4", "\\x4g", "\\xg4", "\\xAB"}) {
        INFO(wrong);
        CHECK_FALSE(gguf_unescaped(wrong).has_value());
    }
    std::string all;
    for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
    CHECK(gguf_unescaped(gguf_escaped(all)) == all);
}

TEST_CASE("a vocabulary, what never matches, the title and the template are read") {
    File file = with_vocabulary({"<s>", R"(\n)", "[PAD]"}, {1, 1, 5});
    file.metadata.push_back(entry_u32("tokenizer.ggml.eot_token_id", 1));
    file.metadata.push_back(entry_text("tokenizer.chat_template", "rwkv-world"));
    file.metadata.push_back(entry_text("general.name", "any \xff"));
    const std::string bytes = build(file);
    const Checkpoint model = read(bytes);
    REQUIRE(model.vocabulary.has_value());
    CHECK(model.vocabulary->tokens == std::vector<std::string>{"<s>", "\n", "[PAD]"});
    CHECK(model.vocabulary->unmatched == std::vector<uint32_t>{0, 2});
    CHECK(model.vocabulary->end_of_turn == 1);
    CHECK(model.vocabulary->chat_template == "rwkv-world");
    CHECK(model.title == "any \xff");

    const std::string plain = build(with_vocabulary({"a", "b"}, {4, 3}));
    const auto vocabulary = read(plain).vocabulary;
    REQUIRE(vocabulary.has_value());
    CHECK(vocabulary->unmatched == std::vector<uint32_t>{0, 1});
    CHECK(vocabulary->end_of_turn == -1);
    const std::string other = build(with_entry(entry_text("tokenizer.ggml.model", "gpt2")));
    CHECK_FALSE(read(other).vocabulary.has_value());
}

TEST_CASE("the sampling that a file recommends, in whatever type of number") {
    CHECK_FALSE(read(build(with_entry(entry_text("general.name", "x")))).sampling.has_value());
    File file = with_entry(entry_f32("general.sampling.temp", 0.25f));
    const auto one = read(build(file)).sampling;
    REQUIRE(one.has_value());
    CHECK(one->temperature == 0.25f);
    CHECK(one->top_p == 1);
    CHECK(one->penalties.presence == 0);
    file.metadata.push_back(entry_i32("general.sampling.top_k", 40));
    file.metadata.push_back(entry("general.sampling.top_p", 12, le(0.5)));
    file.metadata.push_back(entry_f32("general.sampling.min_p", 0.125f));
    file.metadata.push_back(entry_u32("general.sampling.penalty_repeat", 2));
    const auto all = read(build(file)).sampling;
    REQUIRE(all.has_value());
    CHECK(std::tuple(all->temperature, all->top_k, all->top_p, all->min_p, all->penalties.repeat) ==
          std::tuple(0.25f, 40u, 0.5f, 0.125f, 2.0f));
    CHECK(read(build(with_entry(entry_i32("general.sampling.top_k", -1)))).sampling->top_k == 0);
}

TEST_CASE("values that only recommend or describe are passed over with a warning where they are odd") {
    const auto warning_of = [](const std::string& one_entry, bool with_tokens = false) {
        File file = with_tokens ? with_vocabulary({"a", "b"}, {4, 3}) : with_entry(one_entry);
        if (with_tokens) file.metadata.push_back(one_entry);
        const LogLines log;
        const Checkpoint model = read(build(file));
        CHECK_FALSE(model.sampling.has_value());
        CHECK(model.title == "");
        if (model.vocabulary) CHECK(model.vocabulary->end_of_turn == -1);
        return log.warning();
    };
    check_contains(warning_of(entry_f32("general.sampling.temp", -1)), "some.gguf: general.sampling.temp");
    check_contains(warning_of(entry_f32("general.sampling.min_p", 2)), "min_p is 2");
    check_contains(warning_of(entry_text("general.sampling.temp", "0")), "expected a number");
    check_contains(warning_of(entry_f32("general.sampling.top_p", std::nanf(""))), "general.sampling.top_p");
    check_contains(warning_of(entry_u32("general.name", 7)), "general.name: expected a text");
    check_contains(warning_of(entry_u32("tokenizer.chat_template", 7), true), "tokenizer.chat_template");
    check_contains(warning_of(entry_u32("tokenizer.ggml.eot_token_id", 7), true), "expected an id below 2");
    check_contains(warning_of(entry_i32("tokenizer.ggml.eot_token_id", -1), true), "expected an id below 2");
    CHECK(warning_of(entry_text("rwkv7.context_length", "a lot")) == "");

    File file = with_entry(entry_f32("general.sampling.temp", -1));
    file.metadata.push_back(entry_f32("general.sampling.top_p", 0.5f));
    const auto rest = read(build(file)).sampling;
    REQUIRE(rest.has_value());
    CHECK(rest->temperature == text::SamplerParams{}.temperature);
    CHECK(rest->top_p == 0.5f);
}

TEST_CASE("types of ggml that are not read are refused by name, with what to do") {
    for (const auto& [id, name] : std::vector<std::pair<uint32_t, const char*>>{{16, "IQ2_XXS"},
                                                                                {17, "IQ2_XS"},
                                                                                {18, "IQ3_XXS"},
                                                                                {19, "IQ1_S"},
                                                                                {21, "IQ3_S"},
                                                                                {22, "IQ2_S"},
                                                                                {29, "IQ1_M"},
                                                                                {31, "Q4_0_4_4"},
                                                                                {34, "TQ1_0"},
                                                                                {35, "TQ2_0"},
                                                                                {39, "MXFP4"},
                                                                                {40, "NVFP4"}}) {
        INFO(name);
        File file = with_entry(entry_text("general.name", "x"));
        file.tensors.push_back({"blk.0.channel_mix_key.weight", {256}, id, std::string(136, '\0')});
        const std::string message = refusal(file, Code::unsupported);
        check_contains(message, name);
        check_contains(message, "use F16, Q8_0");
    }
}

TEST_CASE("vocabularies that cannot be are refused") {
    check_contains(refusal(with_entry(entry_text("tokenizer.ggml.model", "rwkv"))),
                   "without 'tokenizer.ggml.tokens'");
    check_contains(refusal(with_vocabulary({"a", "b"}, {1})), "1 token types for 2 tokens");
    check_contains(refusal(with_vocabulary({"a", "\\x1"}, {1, 1})), "token 1 is");
    check_contains(refusal(with_vocabulary({"a", "b", "c", "d"}, {1, 1, 1, 1})), "4 tokens, but 3 rows");
    File file = with_vocabulary({"a"}, {1});
    file.metadata[4] = entry_text("tokenizer.ggml.tokens", "a");
    check_contains(refusal(file), "expected an array of texts");
    file = with_vocabulary({"a"}, {1});
    file.metadata[5] = entry_texts("tokenizer.ggml.token_type", {"a"});
    check_contains(refusal(file), "expected an array of 32-bit integers");
    file = with_vocabulary(std::vector<std::string>((size_t{1} << 20) + 1), {});
    file.metadata.pop_back();
    check_contains(refusal(file), "1048577 tokens");
}

TEST_CASE("the reference models hold a vocabulary") {
    const auto path = reference("golden/gguf/rwkv7-head64-f16.gguf");
    if (!path) return;
    const Checkpoint model = open_checkpoint(path->string());
    CHECK(model.title == "tiny rwkv7");
    REQUIRE(model.vocabulary.has_value());
    CHECK(model.vocabulary->tokens.size() == 48);
    CHECK(model.vocabulary->tokens[13] == "\xe4\xbd\xa0");
    CHECK(model.vocabulary->tokens[17] == "\"'");
    CHECK(model.vocabulary->unmatched == std::vector<uint32_t>{0, 45, 46, 47});
    CHECK(model.vocabulary->end_of_turn == 14);
}

namespace {

GgufMetadataToWrite metadata_to_write() {
    GgufMetadataToWrite metadata;
    metadata.add_text("general.architecture", "rwkv7");
    metadata.add_u32("rwkv7.wkv.head_size", 2);
    metadata.add_f32("rwkv7.attention.layer_norm_epsilon", 1e-5f);
    metadata.add_text("tokenizer.ggml.model", "rwkv");
    metadata.add_texts("tokenizer.ggml.tokens", std::vector<std::string>{"<s>", "a"});
    metadata.add_i32s("tokenizer.ggml.token_type", std::vector<int32_t>{3, 1});
    return metadata;
}

/// Element i of the whole tensor is i.
GgufTensorToWrite counting(const std::string& name, const std::vector<uint64_t>& shape) {
    return {name, DType::f32, shape, [cols = shape.back()](uint64_t first, uint64_t rows, std::byte* out) {
                std::vector<float> values(rows * cols);
                for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(first * cols + i);
                std::memcpy(out, values.data(), values.size() * sizeof(float));
            }};
}

}  // namespace

TEST_CASE("what is written is what a builder by hand builds, and reads back") {
    const TemporaryFolder folder;
    const std::vector<GgufTensorToWrite> tensors = {
        counting("token_embd.weight", {3, 5}), counting("blk.0.time_mix_r_k.weight", {4}),
        counting("blk.0.time_mix_lerp_fused.weight", {6, 1, 1, 3})};
    write_gguf(folder / "x.gguf", metadata_to_write(), tensors);
    File by_hand = tiny_v7();
    by_hand.metadata.push_back(entry_text("tokenizer.ggml.model", "rwkv"));
    by_hand.metadata.push_back(entry_texts("tokenizer.ggml.tokens", {"<s>", "a"}));
    by_hand.metadata.push_back(entry_i32s("tokenizer.ggml.token_type", {3, 1}));
    by_hand.tensors = {{"token_embd.weight", {5, 3}, f32, ramp<float>(15)},
                       {"blk.0.time_mix_r_k.weight", {4}, f32, ramp<float>(4)},
                       {"blk.0.time_mix_lerp_fused.weight", {3, 1, 1, 6}, f32, ramp<float>(18)}};
    CHECK(contents_of(folder / "x.gguf") == build(by_hand));
    const Checkpoint model = open_checkpoint(folder / "x.gguf");
    CHECK(floats_of(model.tensors.at("blocks.0.att.x_w")) == std::vector<float>{3, 4, 5});
    CHECK(folder.names() == std::vector<std::string>{"x.gguf"});
}

TEST_CASE("a large tensor is written in pieces of whole rows, and told how far it is") {
    const TemporaryFolder folder;
    constexpr uint64_t rows = 1000, cols = 777;
    size_t pieces = 0;
    GgufTensorToWrite tensor = counting("token_embd.weight", {rows, cols});
    tensor.read_rows = [&, inner = tensor.read_rows](uint64_t first, uint64_t count, std::byte* out) {
        ++pieces;
        inner(first, count, out);
    };
    uint64_t last = 0, all = 0;
    write_gguf(folder / "x.gguf", metadata_to_write(), std::span(&tensor, 1),
               [&](uint64_t done, uint64_t bytes) {
                   CHECK(done >= last);
                   last = done;
                   all = bytes;
               });
    CHECK(last == all);
    CHECK(pieces == 3);
    const Checkpoint model = open_checkpoint(folder / "x.gguf");
    const TensorView& view = model.tensors.at("emb.weight");
    float value = 0;
    view.copy(rows * cols - 1, 1, reinterpret_cast<std::byte*>(&value));
    CHECK(value == rows * cols - 1);
}

TEST_CASE("a writer that is stopped leaves what was there") {
    const TemporaryFolder folder;
    const GgufTensorToWrite tensor = counting("token_embd.weight", {3, 5});
    write_gguf(folder / "x.gguf", metadata_to_write(), std::span(&tensor, 1));
    const std::string before = contents_of(folder / "x.gguf");
    const GgufTensorToWrite other = counting("output.weight", {3, 5});
    refusal_of(
        [&] {
            write_gguf(folder / "x.gguf", metadata_to_write(), std::span(&other, 1),
                       [](uint64_t, uint64_t) { throw Error(Code::cancelled, "stop"); });
        },
        Code::cancelled);
    CHECK(contents_of(folder / "x.gguf") == before);
    CHECK(folder.names() == std::vector<std::string>{"x.gguf"});
}
