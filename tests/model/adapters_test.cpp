// Adapters of every kind against a plain transcription of what they mean: the bits of the blended matrices,
// and the logits of a file that has them.
#include "runtime/model/adapted_source.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "runtime/gpu/backend.h"
#include "runtime/load/gguf/gguf_adapter.h"
#include "runtime/synthetic/synthetic_gguf.h"
#include "tests/support/adapter_bench.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/refusal.h"
#include "tests/support/run_model.h"
#include "tests/support/test_device.h"

namespace rwkvk {

using test::check_contains, test::RandomTensor, test::refusal_of, test::TensorMap;
using namespace test::adapters;

TEST_CASE("LoRA: the product, times the scale, of several files one after the other") {
    Bench bench;
    TensorMap first = lora(bench, key);
    first.merge(lora(bench, ffn_key, ".weight"));
    const TensorMap second = lora(bench, key);
    const std::string one = bench.write("one.pth", first), two = bench.write("two.pth", second);
    add_product(bench.weight(key), 0.7f, first[concat(key, ".lora_A")], first[concat(key, ".lora_B")]);
    add_product(bench.weight(ffn_key), 0.7f, first[concat(ffn_key, ".lora_A.weight")],
                first[concat(ffn_key, ".lora_B.weight")]);
    add_product(bench.weight(key), -2.0f, second.at(concat(key, ".lora_A")),
                second.at(concat(key, ".lora_B")));
    bench.check({{one, 0.7f}, {two, -2.0f}});
}

TEST_CASE("LoRA as web-rwkv's converter writes it, with A turned") {
    Bench bench;
    const TensorMap adapter = lora(bench, ffn_key);
    const RandomTensor &a = adapter.at(concat(ffn_key, ".lora_A")),
                       &b = adapter.at(concat(ffn_key, ".lora_B"));
    const std::string path = bench.folder / "a.st";
    test::write_tensors(path,
                        {{concat(ffn_key, ".lora.0"), test::turned(a)}, {concat(ffn_key, ".lora.1"), b}});
    add_product(bench.weight(ffn_key), 1.0f, a, b);
    bench.check({{path, 1.0f}});
}

TEST_CASE("PiSSA: the initial product is taken away") {
    Bench bench;
    TensorMap adapter = lora(bench, key), init;
    for (const auto& [name, tensor] : lora(bench, key))
        init[concat(name.substr(0, name.find("lora")), "init_", name.substr(name.find("lora")))] = tensor;
    add_product(bench.weight(key), 1, adapter[concat(key, ".lora_A")], adapter[concat(key, ".lora_B")]);
    add_product(bench.weight(key), -1, init[concat(key, ".init_lora_A")], init[concat(key, ".init_lora_B")]);
    SUBCASE("in a file of its own") {
        bench.check({{bench.write("a.pth", adapter), 1}, {bench.write("i.pth", init), 1}});
    }
    SUBCASE("in the same file") {
        adapter.merge(init);
        bench.check({{bench.write("a.pth", adapter), 1}});
    }
}

TEST_CASE("DiSHA: a column for every column of a piece, the last one may be short") {
    Bench bench;
    RandomTensor& w = bench.weight(key);
    const RandomTensor disha = bench.tensor({rank, w.shape[0]});
    for (uint64_t o = 0; o < w.shape[0]; ++o) {
        for (uint64_t i = 0; i < w.shape[1]; ++i) {
            float& value = w.values[o * w.shape[1] + i];
            value = value + 0.5f * disha.values[i % rank * w.shape[0] + o];
        }
    }
    SUBCASE("disha") { bench.check({{bench.write("a.pth", {{concat(key, ".disha"), disha}}), 0.5f}}); }
    SUBCASE("bone") { bench.check({{bench.write("a.pth", {{concat(key, ".bone"), disha}}), 0.5f}}); }
}

TEST_CASE("DiSHA of blocks: each is multiplied by a matrix, which is added too") {
    Bench bench;
    RandomTensor& w = bench.weight(ffn_key);
    constexpr uint64_t n = 8;
    const uint64_t in = w.shape[1];
    const RandomTensor disha = bench.tensor({in / n, n, n});
    const std::vector<float> before = w.values;
    for (uint64_t o = 0; o < w.shape[0]; ++o) {
        for (uint64_t i = 0; i < in; ++i) {
            const float* const matrix = disha.values.data() + i / n * n * n;
            float sum = 0;
            for (uint64_t k = 0; k < n; ++k)
                sum = sum + before[o * in + i / n * n + k] * matrix[k * n + i % n];
            sum = sum + matrix[o % n * n + i % n];
            w.values[o * in + i] = before[o * in + i] + 1.5f * sum;
        }
    }
    bench.check({{bench.write("a.pth", {{concat(ffn_key, ".disha"), disha}}), 1.5f}});
}

TEST_CASE("whole tensors take the place of the model's, LoRA matrices whichever way round") {
    Bench bench;
    const RandomTensor vector = bench.tensor({1, 1, 64}), matrix = bench.tensor({64, 64});
    const RandomTensor g1 = bench.tensor(bench.tensors.at("blocks.1.att.g1").shape);
    const TensorMap product = lora(bench, key);
    bench.tensors["blocks.1.att.x_r"] = vector;
    bench.tensors["blocks.1.att.g1"] = g1;
    bench.weight(key) = matrix;
    add_product(bench.weight(key), 1, product.at(concat(key, ".lora_A")), product.at(concat(key, ".lora_B")));
    TensorMap adapter = product;
    adapter["blocks.1.att.x_r"] = vector;
    adapter[concat(key, ".weight")] = matrix;
    adapter["blocks.1.att.g1"] = g1;
    SUBCASE("official") { bench.check({{bench.write("a.pth", adapter), 1}}); }
    SUBCASE("turned") {
        adapter["blocks.1.att.g1"] = test::turned(g1);
        bench.check({{bench.write("a.pth", adapter), 1}});
    }
}

namespace {

test::gguf::File gguf_adapter(const RandomTensor& a, const RandomTensor& b, float alpha) {
    const auto data = [](const RandomTensor& tensor) {
        return std::string(reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size() * 4);
    };
    using namespace test::gguf;
    return {.metadata = {entry_text("general.architecture", "rwkv7"), entry_text("general.type", "adapter"),
                         entry_text("adapter.type", "lora"), entry_f32("adapter.lora.alpha", alpha)},
            .tensors = {{"blk.1.time_mix_key.weight.lora_a", {a.shape[1], a.shape[0]}, f32, data(a)},
                        {"blk.1.time_mix_key.weight.lora_b", {b.shape[1], b.shape[0]}, f32, data(b)}}};
}

}  // namespace

TEST_CASE("GGUF: alpha and the rank come with the file") {
    Bench bench;
    const TensorMap adapter = lora(bench, key);
    const RandomTensor &a = adapter.at(concat(key, ".lora_A")), &b = adapter.at(concat(key, ".lora_B"));
    const std::string path = bench.folder / "a.gguf";
    const auto write = [&](const test::gguf::File& file) {
        test::write_bytes(path, test::gguf::build(file));
    };
    write(gguf_adapter(a, b, 7.0f));
    add_product(bench.weight(key), 0.3f * (7.0f / 5.0f), a, b);
    bench.check({{path, 0.3f}});

    const auto refusal = [&](Code code) { return refusal_of([&] { bench.load({{path, 1}}); }, code); };
    auto file = gguf_adapter(a, b, 7.0f);
    file.metadata[2] = test::gguf::entry_text("adapter.type", "control");
    write(file);
    check_contains(refusal(Code::unsupported), "'control', expected 'lora'");
    file = gguf_adapter(a, b, std::numeric_limits<float>::infinity());
    write(file);
    check_contains(refusal(Code::bad_file), "alpha");
    file = gguf_adapter(a, b, 7.0f);
    file.tensors[0].name = "blk.1.nonsense.weight.lora_a";
    write(file);
    check_contains(refusal(Code::unsupported), "nonsense");
    file.tensors[0] = {"blk.1.time_mix_key.weight.lora_a", {64, 1u << 20}, test::gguf::f32, ""};
    write(file);
    check_contains(refusal(Code::bad_file), "does not lie");
    file.tensors[0] = {"blk.1.time_mix_key.weight.lora_a", {64, 1}, test::gguf::q8_0, std::string(68, 0)};
    write(file);
    check_contains(refusal(Code::unsupported), "Q8_0");
    std::string cut = test::gguf::build(gguf_adapter(a, b, 7.0f));
    cut.resize(cut.size() / 4);
    test::write_bytes(path, cut);
    check_contains(refusal(Code::bad_file), "a.gguf");
}

TEST_CASE("damaged GGUF adapters are refused or read, never more than there is") {
    Bench bench;
    const TensorMap adapter = lora(bench, key);
    const std::string whole = test::gguf::build(
        gguf_adapter(adapter.at(concat(key, ".lora_A")), adapter.at(concat(key, ".lora_B")), 7.0f));
    const size_t head = whole.find(".lora_b") + 64;
    size_t refused = 0;
    const auto survives = [&](const std::string& bytes) {
        const std::vector<char> exact(bytes.begin(), bytes.end());  // so that a sanitizer sees its end
        try {
            const std::string_view view(exact.data(), exact.size());
            if (!load::is_gguf_adapter({test::as_bytes(view), "x"})) return;
            for (const auto& tensor : load::read_gguf_adapter({test::as_bytes(view), "x"}).tensors) {
                std::vector<std::byte> copy(*load::stored_bytes(tensor.view.dtype, tensor.view.elements()));
                tensor.view.copy(0, tensor.view.elements(), copy.data());
            }
        } catch (const Error&) {
            ++refused;
        }
    };
    for (size_t at = 0; at < head; ++at) {
        survives(whole.substr(0, at));
        for (const int change : {1, 0x80, 0xff}) {
            std::string edited = whole;
            edited[at] = static_cast<char>(edited[at] ^ change);
            survives(edited);
        }
    }
    CHECK(refused > head);
}

TEST_CASE("only what an adapter changes becomes float32, and the device has the same bits") {
    Bench bench;
    bench.file = bench.folder / "model.gguf";
    write_synthetic_gguf(bench.file, "v7:2x64x40:q8_0", 9);
    const std::string path = bench.write("a.pth", lora(bench, key));
    const auto plain = bench.load({}), model = bench.load({{path, 0.5f}});
    CHECK(model->weights().find(concat(key, ".weight"))->format == WeightFormat::f32);
    CHECK(model->weights().find(concat(ffn_key, ".weight"))->format == WeightFormat::q8_0);
    CHECK(model->fingerprint() != plain->fingerprint());
    CHECK(model->fingerprint() != bench.load({{path, 0.25f}})->fingerprint());
    const auto tokens = test::some_tokens(19, 40);
    Context cpu = test::on_cpu(model), without = test::on_cpu(plain);
    const std::vector<float> logits = test::all_logits(cpu, tokens);
    CHECK(logits != test::all_logits(without, tokens));
    const auto device = test::open_device();
    if (!device) return;
    Context gpu(
        model, gpu::make_backend(model->programs(), model->weights(), {.max_rows = 8}, *device->kernels, {}));
    CHECK(test::all_logits(gpu, tokens) == logits);
}

TEST_CASE("adapters that do not fit are refused with the tensor's name") {
    Bench bench;
    const auto refusal = [&](const TensorMap& adapter, Code code = Code::bad_shape, float scale = 1) {
        const std::string path = bench.write("bad.pth", adapter);
        return refusal_of([&] { bench.load({{path, scale}})->fingerprint(); }, code);
    };
    const auto a = [&](uint64_t rows, uint64_t cols) { return bench.tensor({rows, cols}); };
    const std::string name_a = concat(key, ".lora_A"), name_b = concat(key, ".lora_B");
    const std::string message = refusal({{name_a, a(4, 65)}, {name_b, a(64, 4)}});
    check_contains(message, "bad.pth: tensor 'blocks.1.att.key.lora_A' is 4x65");
    check_contains(message, "made for this model");
    check_contains(refusal({{name_a, a(4, 64)}, {name_b, a(64, 5)}}), "64x5");
    check_contains(refusal({{name_a, a(4, 64)}, {name_b, a(65, 4)}}), "65x4");
    check_contains(refusal({{name_a, a(4, 64)}}), "lacks the other half");
    check_contains(refusal({{name_b, a(64, 4)}}), "lacks the other half");
    check_contains(refusal({{"blocks.7.att.key.lora_A", a(4, 64)}, {"blocks.7.att.key.lora_B", a(64, 4)}}),
                   "none of the model's tensors");
    check_contains(refusal({{"blocks.1.att.nothing", a(4, 64)}}), "none of the model's tensors");
    check_contains(refusal({{concat(key, ".weight"), a(4, 64)}}), "4x64, the model's is 64x64");
    check_contains(refusal({{concat(key, ".disha"), a(4, 63)}}), "4x63");
    check_contains(refusal({{concat(key, ".disha"), bench.tensor({8, 8, 9})}}), "8x8x9");
    check_contains(refusal({{concat(key, ".disha"), bench.tensor({5, 8, 8})}}), "5x8x8");
    check_contains(refusal({{"blocks.0.att.time_state", bench.tensor({1, 64, 64})}}, Code::bad_file),
                   "--state");
    check_contains(
        refusal({{name_a, a(4, 64)}, {name_a + ".weight", a(4, 64)}, {name_b, a(64, 4)}}, Code::bad_file),
        "twice");
    const TensorMap good = {{name_a, bench.tensor({4, 64}, 30)}, {name_b, bench.tensor({64, 4}, 30)}};
    check_contains(refusal(good, Code::bad_argument, std::nanf("")), "finite number");
    check_contains(refusal(good, Code::not_finite, 3e38f), "smaller scale");
}

TEST_CASE("an adapter is not a model, and says so") {
    Bench bench;
    const std::string path = bench.write("a.pth", lora(bench, key));
    check_contains(refusal_of([&] { Model::load(path); }, Code::bad_file), "give it with --lora");
    const std::string other = bench.folder / "a.st";
    test::write_tensors(other, {{concat(key, ".lora.0"), bench.tensor({64, 4})}});
    check_contains(refusal_of([&] { Model::load(other); }, Code::bad_file), "give it with --lora");
}

}  // namespace rwkvk
