// Models written as GGUF files: what keeps its bits, what is encoded how, and what cannot be.
#include "runtime/write/model_gguf.h"

#include <doctest/doctest.h>

#include "runtime/catalogue/weights.h"
#include "runtime/model/mixtures.h"
#include "runtime/synthetic/synthetic_model.h"
#include "runtime/write/gguf_formats.h"
#include "tests/support/reference_folder.h"
#include "tests/support/refusal.h"
#include "tests/support/run_model.h"

namespace rwkvk {
namespace {

std::vector<float> logits_of(const std::shared_ptr<const Model>& model) {
    Context context = test::on_cpu(model);
    return test::all_logits(context, test::some_tokens(20, model->dimensions().vocabulary));
}

std::shared_ptr<const Model> written(const Model& model, const GgufContents& contents) {
    const test::TemporaryFolder folder;
    write_model_gguf(folder / "x.gguf", model, contents);
    return Model::load(folder / "x.gguf");
}

/// The tensor's stored bits.
std::vector<std::byte> bits_of(const Model& model, const std::string& name) {
    const auto shape = *model.weights().find(name);
    std::vector<std::byte> bits(stored_bytes(shape.format, uint64_t{shape.out} * shape.in));
    model.weights().read_rows(name, 0, shape.out, bits.data());
    return bits;
}

std::vector<std::byte> encoded(const Model& model, const std::string& name, WeightFormat format) {
    const std::vector<float> values = model.weights().read_vector(name);
    std::vector<std::byte> bits(stored_bytes(format, values.size()));
    encode(format, values, bits.data());
    return bits;
}

WeightFormat format_in(const Model& model, const std::string& name) {
    return model.weights().find(name)->format;
}

constexpr const char* checkpoints[] = {"v4.0/model-fp32.pth", "v4.0/model-bf16.pth", "v5.0/model-fp32.pth",
                                       "v5.1/model-fp32.pth", "v5.2/model-fp32.pth", "v6.0/model-fp32.pth",
                                       "v7.0/model-fp32.pth", "v7.0/model-bf16.pth", "v7a/model-fp32.pth"};

TEST_CASE("a model that is written and read again computes the same, whatever its version") {
    for (const std::string file : checkpoints) {
        INFO(file);
        const auto model = Model::load(std::string(RWKVK_TEST_DATA "/") + file);
        const auto copy = written(*model, {});
        CHECK(copy->format() == "gguf");
        CHECK(copy->version() == model->version());
        CHECK(copy->unused_tensors().empty());
        CHECK(copy->used_tensors() == model->used_tensors());
        CHECK(logits_of(copy) == logits_of(model));
        if (file.find("fp32") != file.npos)
            CHECK(copy->fingerprint() == model->fingerprint());  // no bit changed
        // A second time nothing is left to change.
        CHECK(written(*copy, {})->fingerprint() == copy->fingerprint());
    }
}

TEST_CASE("float types: what they can hold survives") {
    const auto model = Model::load(RWKVK_TEST_DATA "/v7.0/model-bf16.pth");
    const auto as = [&](WeightFormat format) { return written(*model, {.formats = {.matrices = format}}); };
    CHECK(logits_of(as(WeightFormat::f32)) == logits_of(model));
    CHECK(logits_of(as(WeightFormat::bf16)) == logits_of(model));
    CHECK(logits_of(as(WeightFormat::f16)) != logits_of(model));
    CHECK(as(WeightFormat::f32)->weights().find("blocks.1.att.a1")->format == WeightFormat::f32);
    CHECK(as(WeightFormat::bf16)->weights().find("blocks.1.att.a1")->format == WeightFormat::bf16);
}

TEST_CASE("every format: the matrices hold what the encoder makes of them") {
    for (const WeightInfo& format : all_weights()) {
        INFO(format.name);
        const WeightFormat wanted = weight_format(format.name);
        for (const char* spec : {"v7:1x256x70:f32", "v4:1x256x70:f32", "v5.0:1x256x70:f32"}) {
            INFO(spec);
            const auto model = synthetic_model(spec);
            const auto small = written(*model, {.formats = {.matrices = wanted, .head = wanted}});
            for (const char* name :
                 {"blocks.0.att.key.weight", "blocks.0.ffn.value.weight", "emb.weight", "head.weight"}) {
                INFO(name);
                CHECK(small->weights().find(name)->format == wanted);
                CHECK(bits_of(*small, name) == encoded(*model, name, wanted));
            }
            CHECK(small->weights().find("ln_out.weight")->format == WeightFormat::f32);
            CHECK(bits_of(*small, "ln_out.weight") == bits_of(*model, "ln_out.weight"));
        }
    }
}

TEST_CASE("which formats a file mixes") {
    const auto model = synthetic_model("v7:1x96x70:f32");  // rows of 96: blocks of 32, none of 256
    const auto small = written(*model, {.formats = {.matrices = WeightFormat::q4_k}});
    CHECK(format_in(*small, "blocks.0.att.key.weight") == WeightFormat::q5_0);
    CHECK(format_in(*small, "head.weight") == WeightFormat::q8_0);  // q6_k, were its rows longer
    CHECK(format_in(*small, "emb.weight") == WeightFormat::q5_0);
    CHECK(format_in(*small, "blocks.0.att.a1") == WeightFormat::f16);
    CHECK(format_in(*small, "blocks.0.att.w1") == WeightFormat::f32);
    CHECK(format_in(
              *written(*synthetic_model("v7:1x96x70:bf16"), {.formats = {.matrices = WeightFormat::q8_0}}),
              "blocks.0.att.a1") == WeightFormat::bf16);
    const auto narrow = written(*Model::load(RWKVK_TEST_DATA "/v5.2/model-fp32.pth"),
                                {.formats = {.matrices = WeightFormat::q2_k}});
    CHECK(format_in(*narrow, "blocks.0.att.key.weight") == WeightFormat::q4_0);
    CHECK(format_in(*narrow, "blocks.0.ffn.value.weight") == WeightFormat::f16);  // rows of 112
    const auto own = written(*model, {.formats = {.matrices = WeightFormat::q4_0,
                                                  .head = WeightFormat::f16,
                                                  .embedding = WeightFormat::q8_0}});
    CHECK(format_in(*own, "blocks.0.att.key.weight") == WeightFormat::q4_0);
    CHECK(format_in(*own, "head.weight") == WeightFormat::f16);
    CHECK(format_in(*own, "emb.weight") == WeightFormat::q8_0);
}

TEST_CASE("names of llama-quantize: what that makes of them") {
    using enum WeightFormat;
    const auto model = synthetic_model("v7:1x256x70:f32"), hybrid = synthetic_model("arwkv7:16x768x70:f32");
    struct Case {
        const char* name;
        uint32_t file_type;
        WeightFormat matrices, head;
        std::vector<WeightFormat> down;  // of layers 0, 1, 2, 4 and 15 of 16
    };
    const Case cases[] = {
        {"F16", 1, f16, f16, {f16, f16, f16, f16, f16}},
        {"Q8_0", 7, q8_0, q8_0, {q8_0, q8_0, q8_0, q8_0, q8_0}},
        {"q4_0", 2, q4_0, q6_k, {q4_0, q4_0, q4_0, q4_0, q4_0}},
        {"Q2_K", 10, q2_k, q6_k, {q3_k, q3_k, q3_k, q3_k, q3_k}},
        {"Q2_K_S", 21, q2_k, q6_k, {q4_k, q4_k, q2_k, q2_k, q2_k}},
        {"Q3_K_S", 11, q3_k, q6_k, {q3_k, q3_k, q3_k, q3_k, q3_k}},
        {"Q3_K_M", 12, q3_k, q6_k, {q5_k, q4_k, q4_k, q4_k, q4_k}},
        {"Q3_K_L", 13, q3_k, q6_k, {q5_k, q5_k, q5_k, q5_k, q5_k}},
        {"Q4_K_S", 14, q4_k, q6_k, {q5_k, q5_k, q4_k, q4_k, q4_k}},
        {"Q4_K_M", 15, q4_k, q6_k, {q6_k, q6_k, q4_k, q6_k, q6_k}},
        {"q4_k", 15, q4_k, q6_k, {q6_k, q6_k, q4_k, q6_k, q6_k}},
        {"Q5_K_M", 17, q5_k, q6_k, {q6_k, q6_k, q5_k, q6_k, q6_k}},
        {"15", 15, q4_k, q6_k, {q6_k, q6_k, q4_k, q6_k, q6_k}},
        {"Q6_K", 18, q6_k, q6_k, {q6_k, q6_k, q6_k, q6_k, q6_k}},
        {"IQ4_XS", 30, iq4_xs, q6_k, {q5_k, q5_k, iq4_xs, iq4_xs, iq4_xs}},
    };
    for (const Case& expected : cases) {
        INFO(expected.name);
        const MatrixFormats formats = matrix_formats_named(expected.name);
        const auto plain = model->stored_as(formats), with_qwen = hybrid->stored_as(formats);
        CHECK(format_in(*plain, "blocks.0.ffn.value.weight") == expected.matrices);
        CHECK(format_in(*plain, "emb.weight") == expected.matrices);
        CHECK(format_in(*plain, "head.weight") == expected.head);
        CHECK(formats.file_type == expected.file_type);
        CHECK(format_in(*with_qwen, "blocks.0.ffn.up.weight") == expected.matrices);
        size_t i = 0;
        for (const uint32_t layer : {0, 1, 2, 4, 15})
            CHECK(format_in(*with_qwen, concat("blocks.", layer, ".ffn.down.weight")) == expected.down[i++]);
    }
    for (const char* name : {"keep", "COPY"}) {
        const auto kept = model->stored_as(matrix_formats_named(name));
        CHECK(format_in(*kept, "head.weight") == f32);
        CHECK(gguf_file_type(*kept) == 0);
    }
    CHECK(gguf_file_type(*model->stored_as({.matrices = iq4_xs})) == 30);
}

TEST_CASE("names of llama-quantize that are not made here are refused with what to take") {
    const auto refusal = [](const char* name) {
        return test::refusal_of([&] { matrix_formats_named(name); }, Code::bad_argument);
    };
    for (const auto& [name, instead] : {std::pair{"IQ2_XS", "Q2_K"},
                                        {"TQ1_0", "Q2_K"},
                                        {"iq3_m", "Q3_K_M"},
                                        {"MXFP4_MOE", "IQ4_NL"},
                                        {"NVFP4", "IQ4_NL"},
                                        {"Q4_0_4_4", "Q4_0"}}) {
        test::check_contains(refusal(name), name);
        test::check_contains(refusal(name), concat("take ", instead).c_str());
    }
    test::check_contains(refusal("q9_9"), "there are f32, f16");
    test::check_contains(refusal(""), "there are f32, f16");
}

TEST_CASE("the same bytes with any number of threads; title and vocabulary are in the file") {
    const test::TemporaryFolder folder;
    const auto model = synthetic_model("v5.1:1x64x70:f32");
    const load::Vocabulary vocabulary{
        .tokens = {"", "a", "\n\n", "", "\xff'\""}, .unmatched = {0, 3}, .end_of_turn = 2};
    for (const uint32_t threads : {1u, 3u}) {
        write_model_gguf(folder / std::to_string(threads), *model,
                         {.title = "small",
                          .vocabulary = &vocabulary,
                          .formats = {.matrices = WeightFormat::q4_1},
                          .threads = threads});
    }
    CHECK(test::contents_of(folder / "1") == test::contents_of(folder / "3"));
    const auto copy = Model::load(folder / "1");
    CHECK(copy->title() == "small");
    REQUIRE(copy->vocabulary());
    CHECK(copy->vocabulary()->tokens.size() == 70);
    CHECK(copy->vocabulary()->tokens[4] == "\xff'\"");
    CHECK(copy->vocabulary()->end_of_turn == 2);
    CHECK(copy->vocabulary()->unmatched.size() == 67);
    CHECK(written(*model, {})->vocabulary() == nullptr);
}

TEST_CASE("metadata can be put in and replaced, and a recommended sampling outlives the next writing") {
    const auto model = synthetic_model("v7:1x64x70:f32");
    const load::Vocabulary vocabulary{.tokens = {"", "a"}, .unmatched = {0}};
    const auto copy =
        written(*model, {.title = "old",
                         .vocabulary = &vocabulary,
                         .overrides = {"general.name=str:new: a=b", "tokenizer.chat_template=str:",
                                       "general.sampling.temp=float:0.5", "general.sampling.top_k=int:-1",
                                       "general.sampling.top_p=int:1", "x=bool:true"}});
    CHECK(copy->title() == "new: a=b");
    CHECK(copy->vocabulary()->chat_template.empty());
    CHECK(copy->fingerprint() == model->fingerprint());
    REQUIRE(copy->sampling().has_value());
    const auto again = written(*copy, {})->sampling();
    REQUIRE(again.has_value());
    CHECK(again->temperature == 0.5f);
    CHECK(again->top_k == 0);
    for (const char* wrong :
         {"", "=int:1", "a", "a=1", "a=int", "a=int:", "a=int:1x", "a=int: 1", "a=int:4294967296",
          "a=int:-2147483649", "a=float:x", "a=bool:1", "a=double:1"}) {
        INFO(wrong);
        test::check_contains(
            test::refusal_of([&] { written(*model, {.overrides = {wrong}}); }, Code::bad_argument),
            "expected KEY=");
    }
    for (const char* layout : {"general.alignment=int:64", "split.count=int:2"}) {
        INFO(layout);
        test::check_contains(
            test::refusal_of([&] { written(*model, {.overrides = {layout}}); }, Code::bad_argument),
            "how a file is laid out");
    }
}

TEST_CASE("a value that the format cannot hold is refused, and nothing is written") {
    test::RandomModel random(3);
    random.frame(1, 64, 70);
    for (const char* name : {"att.time_decay", "att.time_first", "att.time_mix_k", "att.time_mix_v",
                             "att.time_mix_r", "ffn.time_mix_k", "ffn.time_mix_r"})
        random.add(concat("blocks.0.", name), {64}, 0.5f, 0.1f);
    for (const char* name :
         {"att.key", "att.value", "att.receptance", "att.output", "ffn.key", "ffn.value", "ffn.receptance"})
        random.add(concat("blocks.0.", name, ".weight"), {64, 64}, 0, 0.2f);
    random.tensors["blocks.0.ffn.key.weight"].values[77] = 1e6f;
    const auto model = test::through_file(random);
    const test::TemporaryFolder folder;
    const auto write = [&](WeightFormat format) {
        return
            [&, format] { write_model_gguf(folder / "x.gguf", *model, {.formats = {.matrices = format}}); };
    };
    test::check_contains(test::refusal_of(write(WeightFormat::f16), Code::bad_argument),
                         "'blocks.0.ffn.key.weight' holds 1e+06");
    CHECK(folder.names().empty());
    write(WeightFormat::bf16)();
    CHECK(folder.names() == std::vector<std::string>{"x.gguf"});
    const auto wide = [&] {
        const load::Vocabulary vocabulary{.tokens = std::vector<std::string>(71, "x"), .unmatched = {}};
        write_model_gguf(folder / "y.gguf", *model, {.vocabulary = &vocabulary, .formats = {}});
    };
    test::check_contains(test::refusal_of(wide, Code::bad_argument), "71 tokens for a model of 70 rows");
}

}  // namespace
}  // namespace rwkvk
