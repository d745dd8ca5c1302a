// Models whose matrices are converted while they are loaded: the model in the file that quantize writes, to
// the bit.
#include <doctest/doctest.h>

#include "runtime/catalogue/weights.h"
#include "runtime/model/mixtures.h"
#include "runtime/synthetic/synthetic_model.h"
#include "runtime/write/model_gguf.h"
#include "tests/support/adapter_bench.h"
#include "tests/support/allocation_meter.h"
#include "tests/support/refusal.h"
#include "tests/support/run_model.h"

namespace rwkvk {
namespace {

using ModelPointer = std::shared_ptr<const Model>;

std::vector<float> logits_of(const ModelPointer& model) {
    Context context = test::on_cpu(model);
    return test::all_logits(context, test::some_tokens(11, model->dimensions().vocabulary));
}

ModelPointer converted(const ModelPointer& model, const char* type) {
    return model->stored_as(matrix_formats_named(type));
}

/// The model in the file that quantize writes.
ModelPointer quantised(const ModelPointer& model, const char* type) {
    const test::TemporaryFolder folder;
    write_model_gguf(folder / "x.gguf", *model, {.formats = matrix_formats_named(type)});
    return Model::load(folder / "x.gguf");
}

void check_same(const ModelPointer& found, const ModelPointer& expected) {
    CHECK(found->fingerprint() == expected->fingerprint());
    CHECK(found->weight_bytes() == expected->weight_bytes());
    CHECK(found->version() == expected->version());
    CHECK(logits_of(found) == logits_of(expected));
}

constexpr const char* types[] = {"f32",    "f16",  "bf16", "q8_0",   "q4_0",   "q4_1",
                                 "q5_0",   "q5_1", "Q2_K", "q3_k_s", "q3_k_m", "Q4_K_M",
                                 "q4_k_s", "Q5_K", "q6_k", "IQ4_NL", "iq4_xs", "keep"};

TEST_CASE("official models of every version, in every type") {
    for (const char* file :
         {"v4.0/model-fp32.pth", "v5.0/model-fp32.pth", "v5.1/model-fp32.pth", "v5.2/model-fp32.pth",
          "v6.0/model-fp32.pth", "v7.0/model-bf16.pth", "v7a/model-fp32.pth"}) {
        const auto model = Model::load(concat(RWKVK_TEST_DATA "/", file));
        for (const char* type : types) {
            INFO(file, " ", type);
            check_same(converted(model, type), quantised(model, type));
        }
    }
}

TEST_CASE("rows of whole blocks, and the mixtures of the hybrids") {
    for (const char* type : {"q8_0", "q4_k_m", "q2_k", "iq4_xs"}) {
        for (const char* spec : {"v6:1x256x70:f16", "v7:1x256x70:bf16"}) {
            INFO(spec, " ", type);
            check_same(converted(synthetic_model(spec), type), quantised(synthetic_model(spec), type));
        }
    }
    for (const char* spec : {"rwkv6qwen2:8x256x70:f16", "arwkv7:8x256x70:f16"}) {
        INFO(spec);
        check_same(converted(synthetic_model(spec), "q4_k_m"), quantised(synthetic_model(spec), "q4_k_m"));
    }
}

TEST_CASE("what is quantised already is decoded and encoded, and kept where it has its type") {
    const auto eight = quantised(synthetic_model("v7:1x256x70:f32"), "q8_0"),
               four = converted(eight, "q4_k_m");
    check_same(four, quantised(eight, "q4_k_m"));
    CHECK(four->fingerprint() != eight->fingerprint());
    check_same(converted(eight, "q8_0"), eight);
    check_same(converted(four, "q4_k_m"), four);
}

TEST_CASE("adapters are blended in before matrices are converted") {
    using namespace test::adapters;
    for (const char* type : {"q8_0", "q5_1", "f16"}) {
        INFO(type);
        Bench bench;
        test::TensorMap adapter = lora(bench, key);
        const std::string path = bench.write("a.pth", adapter);
        const auto adapted = bench.load({{path, 0.5f}});
        add_product(bench.weight(key), 0.5f, adapter[concat(key, ".lora_A")],
                    adapter[concat(key, ".lora_B")]);
        const auto merged = test::through_file(bench.tensors);
        check_same(converted(adapted, type), quantised(merged, type));
        check_same(converted(adapted, type), quantised(adapted, type));
    }
}

TEST_CASE("what a file says of the model beside its weights stays") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "x.gguf";
    const load::Vocabulary vocabulary{.tokens = {"", "a"}, .unmatched = {0}};
    write_model_gguf(
        path, *synthetic_model("v7:1x64x70:f32"),
        {.title = "small", .vocabulary = &vocabulary, .overrides = {"general.sampling.temp=float:0.5"}});
    const auto model = converted(Model::load(path), "q4_0");
    CHECK(model->name() == "x.gguf");
    CHECK(model->path() == path);
    CHECK(model->format() == "gguf");
    CHECK(model->title() == "small");
    REQUIRE(model->vocabulary());
    CHECK(model->vocabulary()->tokens[1] == "a");
    REQUIRE(model->sampling().has_value());
    CHECK(model->sampling()->temperature == 0.5f);
}

TEST_CASE("a tuned state stays, also where GGUF has no place for it") {
    test::TensorMap tensors = test::official_tensors(*synthetic_model("v7:2x64x70:f32"));
    test::RandomModel random(3);
    for (const char* layer : {"0", "1"})
        random.add(concat("blocks.", layer, ".att.time_state"), {1, 64, 64}, 0, 0.3f);
    tensors.merge(random.tensors);
    const auto plain = test::through_file(tensors), model = converted(plain, "q8_0");
    CHECK(!plain->initial_state().empty());
    CHECK(model->initial_state() == plain->initial_state());
    test::check_contains(test::refusal_of([&] { quantised(plain, "q8_0"); }, Code::unsupported),
                         "time_state");
}

TEST_CASE("reading takes memory for a row, not for a model") {
    const auto model = converted(synthetic_model("v7:1x256x3000:f32"), "q4_k");
    const auto shape = *model->weights().find("emb.weight");
    std::vector<std::byte> stored(stored_bytes(shape.format, uint64_t{shape.out} * shape.in));
    const test::AllocationMeter meter;
    model->weights().read_rows("emb.weight", 0, shape.out, stored.data());
    CHECK(meter.peak_bytes() < 8 * shape.in * sizeof(float));
}

TEST_CASE("a value that a type cannot hold is an error when it is read") {
    test::TensorMap tensors = test::official_tensors(*synthetic_model("v7:1x64x70:f32"));
    tensors.at("blocks.0.ffn.key.weight").values[77] = 1e6f;
    const auto model = test::through_file(tensors);
    test::check_contains(test::refusal_of([&] { test::on_cpu(converted(model, "f16")); }, Code::bad_argument),
                         "'blocks.0.ffn.key.weight' holds 1e+06");
    CHECK(logits_of(converted(model, "bf16")).size() == 11 * 70);
}

}  // namespace
}  // namespace rwkvk
