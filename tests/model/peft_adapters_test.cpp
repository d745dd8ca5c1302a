// PEFT's folders, MiSS, and what is refused of them, against plain transcriptions.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>

#include "tests/support/adapter_bench.h"
#include "tests/support/log_lines.h"
#include "tests/support/refusal.h"

namespace rwkvk {

using namespace test;
using namespace test::adapters;

namespace {

/// As PEFT writes it: a folder with the tensors behind "base_model.model." and a configuration.
struct Peft {
    Bench& bench;
    std::string folder = bench.folder / "peft";

    explicit Peft(Bench& its_bench) : bench(its_bench) { std::filesystem::create_directory(folder); }

    void write(const TensorMap& adapter, const std::string& options = R"(,"lora_alpha":7)") const {
        const auto behind = [](const std::string& name) { return "base_model.model." + name; };
        write_tensors(folder + "/adapter_model.safetensors", renamed(adapter, behind));
        configure(options);
    }
    void configure(const std::string& options) const {
        write_bytes(folder + "/adapter_config.json", concat(R"({"peft_type":"LORA","r":64)", options, "}"));
    }
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
}

}  // namespace

TEST_CASE("PEFT: names of whatever the base is, alpha from the file beside, ranks from the matrices") {
    Bench bench;
    const Peft peft(bench);
    const TensorMap adapter = lora(bench, key, ".weight");
    const RandomTensor &a = adapter.at(concat(key, ".lora_A.weight")),
                       &b = adapter.at(concat(key, ".lora_B.weight"));
    float factor = 7.0f / 5.0f;
    const auto under = [&](const std::string& module) {
        return renamed(adapter, [&](const std::string& name) { return replaced(name, key, module); });
    };
    SUBCASE("official names") { peft.write(adapter); }
    SUBCASE("Hugging Face") { peft.write(under("rwkv.blocks.1.attention.key")); }
    SUBCASE("Hugging Face, version 7") { peft.write(under("model.layers.1.attention.key")); }
    SUBCASE("flash-linear-attention") { peft.write(under("model.layers.1.attn.k_proj")); }
    SUBCASE("rwkv-rs") { peft.write(under("model.layers.1.linear_attn.k_proj")); }
    SUBCASE("with the adapter's name") {
        peft.write(renamed(
            adapter, [](const std::string& name) { return replaced(name, ".weight", ".default.weight"); }));
    }
    SUBCASE("rsLoRA") {
        peft.write(adapter,
                   R"(,"lora_alpha":7,"use_rslora":true,"use_dora":false,"alpha_pattern":{},"bias":"none")");
        factor = 7.0f / std::sqrt(5.0f);
    }
    SUBCASE("PEFT's usual alpha") {
        peft.write(adapter, R"(,"lora_dropout":"odd","revision":17)");
        factor = 8.0f / 5.0f;
    }
    SUBCASE("a .bin") {
        const auto behind = [](const std::string& name) { return "base_model.model." + name; };
        write_bytes(peft.folder + "/adapter_model.bin", pth_of(renamed(adapter, behind)));
        peft.configure(R"(,"lora_alpha":7)");
    }
    add_product(bench.weight(key), 0.3f * factor, a, b);
    bench.check({{peft.folder, 0.3f}});
}

TEST_CASE(
    "PEFT: a matrix of low rank is a linear layer too, and modules that were saved replace the model's") {
    Bench bench;
    const Peft peft(bench);
    const RandomTensor head = bench.tensor({40, 64}), bias = bench.tensor({64});
    RandomTensor& g1 = bench.tensors.at("blocks.1.att.g1");  // [in, out]
    const RandomTensor a = bench.tensor({2, 64}), b = bench.tensor({g1.shape[1], 2});
    const std::string low_rank = "model.layers.1.attn.g_lora.lora.0";
    peft.write({{"lm_head.modules_to_save.default.weight", head},
                {"model.layers.1.attn_norm.bias", bias},
                {low_rank + ".lora_A.weight", a},
                {low_rank + ".lora_B.weight", b}});
    bench.tensors["head.weight"] = head;
    bench.tensors["blocks.1.ln1.bias"] = bias;
    RandomTensor linear = turned(g1);
    add_product(linear, 7.0f / 2.0f, a, b);
    g1 = turned(linear);
    bench.check({{peft.folder, 1}});
}

TEST_CASE("PEFT: what changes a model otherwise than by its matrices is refused by name") {
    Bench bench;
    const Peft peft(bench);
    TensorMap adapter = lora(bench, key, ".weight");
    peft.write(adapter);
    const auto refusal = [&](Code code = Code::unsupported) {
        return refusal_of([&] { bench.load({{peft.folder, 1}}); }, code);
    };
    for (const char* option : {"use_dora", "fan_in_fan_out", "lora_bias", "use_qalora"}) {
        peft.configure(concat(",\"", option, "\":true"));
        check_contains(refusal(), option);
    }
    peft.configure(R"(,"alpha_pattern":{"key":3})");
    check_contains(refusal(), "alpha_pattern");
    peft.configure(R"(,"layer_replication":[[0,1]])");
    check_contains(refusal(), "layer_replication");
    peft.configure(R"(,"init_lora_weights":"pissa_niter_4")");
    check_contains(refusal(), "'pissa_niter_4', for which PEFT changed the model too");
    peft.configure(R"(,"lora_alpha":"seven")");
    check_contains(refusal(Code::bad_file), "expected a number of float32 as 'lora_alpha'");
    write_bytes(peft.folder + "/adapter_config.json", R"({"peft_type":"VERA"})");
    check_contains(refusal(), "type 'VERA'");
    write_bytes(peft.folder + "/adapter_config.json", "{");
    check_contains(refusal(Code::bad_file), "adapter_config.json");

    adapter[concat(key, ".lora_magnitude_vector")] = bench.tensor({64});
    peft.write(adapter);
    check_contains(refusal(), "a DoRA adapter, which is not read: merge it");
    peft.write({{"model.embeddings.lora_embedding_A", bench.tensor({4, 40})}});
    check_contains(refusal(), "a LoRA of the embedding");
    std::filesystem::remove(peft.folder + "/adapter_model.safetensors");
    check_contains(refusal(Code::bad_argument), "expected one adapter in it, found 'adapter_config.json'");
}

TEST_CASE("PEFT: without its configuration the products count as they are, with a warning") {
    Bench bench;
    const Peft peft(bench);
    const TensorMap adapter = lora(bench, key, ".weight");
    peft.write(adapter);
    std::filesystem::remove(peft.folder + "/adapter_config.json");
    const LogLines log;
    bench.load({{peft.folder, 1}});
    check_contains(log.warning(), "no adapter_config.json beside it");
    add_product(bench.weight(key), 0.5f, adapter.at(concat(key, ".lora_A.weight")),
                adapter.at(concat(key, ".lora_B.weight")));
    bench.check({{peft.folder, 0.5f}});
}

namespace {

/// w + scale · pieces[r, out]
void add_pieces(RandomTensor& w, float scale, const RandomTensor& pieces) {
    const uint64_t out = w.shape[0], in = w.shape[1], r = pieces.shape[0];
    for (uint64_t o = 0; o < out; ++o) {
        for (uint64_t i = 0; i < in; ++i)
            w.values[o * in + i] = w.values[o * in + i] + scale * pieces.values[i % r * out + o];
    }
}

}  // namespace

TEST_CASE("MiSS and Bone of PEFT: pieces [r, out]; other kinds of them are refused") {
    Bench bench;
    const Peft peft(bench);
    const RandomTensor pieces = bench.tensor({rank, 64});
    const auto configure = [&](const char* json) { write_bytes(peft.folder + "/adapter_config.json", json); };
    const auto refusal = [&](Code code) { return refusal_of([&] { bench.load({{peft.folder, 1}}); }, code); };
    for (const char* block : {".miss_block", ".bone_block"}) {
        INFO(block);
        peft.write({{concat(key, block), pieces}});
        configure(R"({"peft_type":"MISS","init_weights":"bat"})");
        check_contains(refusal(Code::unsupported), "'bat'");
        configure(R"({"peft_type":"BONE","init_weights":true})");
        CHECK(bench.load({{peft.folder, 1}})->version() == "7.0");
    }
    add_pieces(bench.weight(key), 0.5f, pieces);
    bench.check({{peft.folder, 0.5f}});
    peft.write({{concat(key, ".miss_block"), bench.tensor({8, 8, 8})}});
    configure(R"({"peft_type":"MISS"})");
    check_contains(refusal(Code::unsupported), "expected a matrix: blocks of this kind are not read");
}

TEST_CASE("MiSS of rwkv_lightning_cuda: D [out, r], its scale in the file or beside it") {
    Bench bench;
    const RandomTensor pieces = bench.tensor({rank, 64});
    const TensorMap adapter = {{concat(key, ".weight.D"), turned(pieces)}};
    const std::string manifest = R"({"method":"miss","layout":"modulo_rank_zero_pad","rank":5,"scale":1.5})";
    const std::string path = bench.write("adapter-final.pth", adapter);
    float scale = 1.5f;
    SUBCASE("in the file") {
        std::string file = pth_of(adapter);
        auto parts = pth_parts(
            pickle::whole(pickle::dict({{concat(key, ".weight.D"), pickle::tensor_f32("0", {64, 5})}})), {});
        parts.push_back(
            {.name = "any/data/0",
             .data = std::string(reinterpret_cast<const char*>(adapter.begin()->second.values.data()),
                                 adapter.begin()->second.values.size() * sizeof(float))});
        parts.push_back({.name = "any/miss.json", .data = manifest});
        write_bytes(path, zip(parts));
    }
    SUBCASE("beside it") { write_bytes(bench.folder / "adapter.json", manifest); }
    SUBCASE("nowhere") {
        const LogLines log;
        bench.load({{path, 1}});
        check_contains(log.warning(), "without miss.json or adapter.json");
        scale = 1.0f;
    }
    SUBCASE("of another kind") {
        write_bytes(bench.folder / "adapter.json", R"({"method":"miss","layout":"rows","scale":1})");
        check_contains(refusal_of([&] { bench.load({{path, 1}}); }, Code::unsupported), "'rows'");
        write_bytes(bench.folder / "adapter.json", R"({"method":"miss"})");
        check_contains(refusal_of([&] { bench.load({{path, 1}}); }, Code::bad_file), "scale");
        return;
    }
    SUBCASE("a checkpoint of its training") {
        bench.write("training.pth", {{concat(key, ".weight.D.master"), pieces}});
        check_contains(refusal_of(
                           [&] {
                               bench.load({{bench.folder / "training.pth", 1}});
                           },
                           Code::unsupported),
                       "adapter-final.pth");
        return;
    }
    add_pieces(bench.weight(key), 0.5f * scale, pieces);
    bench.check({{path, 0.5f}});
}

TEST_CASE("a shape that can be read in two ways is refused where nothing else tells") {
    Bench bench;
    const std::string path = bench.folder / "a.st";
    const auto refusal = [&](Code code) { return refusal_of([&] { bench.load({{path, 1}}); }, code); };
    write_tensors(path, {{"blocks.1.att.g1", bench.tensor({64, 64})}});
    check_contains(refusal(Code::unsupported), "'blocks.1.att.g1', as others of low rank, is square");
    // Linear layers lie one way only: square ones could not be told from turned ones.
    write_tensors(path, {{concat(ffn_key, ".weight"), turned(bench.weight(ffn_key))}});
    check_contains(refusal(Code::bad_shape), "the model's is");
}

}  // namespace rwkvk
