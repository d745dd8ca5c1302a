// Random models of every version under the names and in the layouts of other programs: the model is the
// official one, to the last bit.
#include "runtime/load/namings.h"
#include "runtime/synthetic/synthetic_model.h"

#include <doctest/doctest.h>

#include <fstream>
#include <functional>

#include "tests/support/refusal.h"
#include "tests/support/run_model.h"
#include "tests/support/synthetic_files.h"

namespace rwkvk {
namespace {

using test::check_contains, test::RandomTensor, test::refusal_of, test::TensorMap, test::through_file;

/// Three layers, so that a block is neither the first nor the last; widths and ranks differ.
std::shared_ptr<const Model> original(const std::string& version) {
    return synthetic_model(version + ":3x64x40:f32", 5);
}

void replace(std::string& text, const std::string& from, const std::string& to) {
    const size_t at = text.find(from);
    if (at != text.npos) text.replace(at, from.size(), to);
}

std::string with(std::string name, const std::vector<std::pair<std::string, std::string>>& changes) {
    for (const auto& [from, to] : changes) replace(name, from, to);
    return name;
}

/// The same tensors, shapes, bits and logits.
void check_same(const Model& expected, const std::shared_ptr<const Model>& found) {
    CHECK(found->version() == expected.version());
    CHECK(found->fingerprint() == expected.fingerprint());
    CHECK(found->unused_tensors() == expected.unused_tensors());
}

std::string transformers_name(const std::string& name) {
    if (name == "head.weight") return name;
    std::string changed = with(
        name,
        {{"emb.", "embeddings."}, {"ln0", "pre_ln"}, {".att.", ".attention."}, {".ffn.", ".feed_forward."}});
    for (const auto& [letter, word] :
         {std::pair{"k", "key"}, {"v", "value"}, {"r", "receptance"}, {"g", "gate"}}) {
        const std::string mix = std::string("time_mix_") + letter;
        if (changed.ends_with(mix)) replace(changed, mix, std::string("time_mix_") + word);
    }
    return "rwkv." + changed;
}

/// Of versions 4, 5 and 6; LoRA matrices are turned by the converter, or not by an older one.
TensorMap web_rwkv(const TensorMap& official, bool turns) {
    TensorMap result;
    const bool v6 = official.contains("blocks.0.att.time_maa_x");
    for (const auto& [name, tensor] : official) {
        std::string changed = with(name, {{"time_faaaa", "time_first"}});
        if (v6) replace(changed, "time_maa", "time_mix");
        const bool turn = turns && test::is_lora(name);
        result[changed] = turn ? test::turned(tensor, test::planes_of(name)) : tensor;
    }
    return result;
}

std::string fla_name(const std::string& name) {
    if (name == "head.weight") return "lm_head.weight";
    std::string changed = with(name, {{"emb.", "embeddings."},
                                      {"ln_out.", "norm."},
                                      {"blocks.", "layers."},
                                      {"ln0", "pre_norm"},
                                      {"ln1", "attn_norm"},
                                      {"ln2", "ffn_norm"},
                                      {"att.receptance", "attn.r_proj"},
                                      {"att.key", "attn.k_proj"},
                                      {"att.value", "attn.v_proj"},
                                      {"att.output", "attn.o_proj"},
                                      {"att.ln_x", "attn.g_norm"},
                                      {".att.", ".attn."}});
    for (const char letter : std::string("wavg")) {
        const auto place = [&](char digit) { return concat("attn.", letter, digit); };
        const auto lora = concat("attn.", letter, "_lora.lora.");
        if (changed.ends_with(place('0'))) replace(changed, place('0'), lora + "2.bias");
        if (changed.ends_with(place('1'))) replace(changed, place('1'), lora + "0.weight");
        if (changed.ends_with(place('2'))) replace(changed, place('2'), lora + "2.weight");
    }
    return "model." + changed;
}

TensorMap fla(const TensorMap& official) {
    TensorMap result;
    for (const auto& [name, tensor] : official)
        result[fla_name(name)] = test::is_lora(name) ? test::turned(tensor) : tensor;
    return result;
}

TensorMap with_joined_mixes(TensorMap tensors, uint32_t layers, const std::vector<uint64_t>& between) {
    for (uint32_t i = 0; i < layers; ++i) {
        RandomTensor joined;
        for (const char letter : std::string("rwkvag")) {
            const auto entry = tensors.extract(concat("model.layers.", i, ".attn.x_", letter));
            joined.values.insert(joined.values.end(), entry.mapped().values.begin(),
                                 entry.mapped().values.end());
        }
        joined.shape = {6};
        joined.shape.insert(joined.shape.end(), between.begin(), between.end());
        joined.shape.push_back(joined.values.size() / 6);
        tensors[concat("model.layers.", i, ".attn.x_x")] = joined;
    }
    return tensors;
}

std::string layers_name(const std::string& name) {
    if (name == "head.weight") return "lm_head.weight";
    return "model." + with(name, {{"emb.", "embeddings."},
                                  {"blocks.", "layers."},
                                  {"ln0", "pre_ln"},
                                  {".att.", ".attention."},
                                  {".ffn.", ".feed_forward."}});
}

}  // namespace

TEST_CASE("official names, of every version") {
    for (const char* version : {"v4", "v5.0", "v5.1", "v5.2", "v6", "v7", "v7a"}) {
        INFO(version);
        const auto model = original(version);
        check_same(*model, through_file(test::official_tensors(*model)));
    }
}

TEST_CASE("names of Hugging Face transformers") {
    for (const char* version : {"v4", "v5.0", "v5.1", "v5.2", "v6"}) {
        INFO(version);
        const auto model = original(version);
        check_same(*model, through_file(test::renamed(test::official_tensors(*model), transformers_name)));
    }
}

TEST_CASE("names and layout of web-rwkv, with matrices turned and not") {
    for (const char* version : {"v4", "v5.0", "v5.1", "v5.2", "v6", "v7"}) {
        INFO(version);
        const auto model = original(version);
        for (const bool turns : {true, false})
            check_same(*model, through_file(web_rwkv(test::official_tensors(*model), turns)));
    }
}

TEST_CASE("an RWKV-5.1 of web-rwkv has a decay for every channel, and the same logits") {
    const auto model = original("v5.1");
    TensorMap tensors = web_rwkv(test::official_tensors(*model), true);
    for (auto& [name, tensor] : tensors) {
        if (!name.ends_with("time_decay") && !name.ends_with("time_first")) continue;
        const uint64_t heads = tensor.values.size(), size = model->dimensions().head_size;
        RandomTensor repeated{{heads, size}, {}};
        for (const float value : tensor.values) repeated.values.insert(repeated.values.end(), size, value);
        tensor = repeated;
    }
    const auto found = through_file(tensors);
    CHECK(found->version() == "5.2");
    Context expected = test::on_cpu(model), context = test::on_cpu(found);
    const auto tokens = test::some_tokens(21, 40);
    CHECK(test::all_logits(context, tokens) == test::all_logits(expected, tokens));
}

TEST_CASE("names of flash-linear-attention, with mixes joined and apart") {
    const auto model = original("v7");
    const TensorMap tensors = fla(test::official_tensors(*model));
    REQUIRE(tensors.contains("model.layers.2.attn.v_lora.lora.2.bias"));
    check_same(*model, through_file(tensors));
    check_same(*model, through_file(with_joined_mixes(tensors, 3, {})));
    check_same(*model, through_file(with_joined_mixes(tensors, 3, {1, 1})));
}

TEST_CASE("the other names of Hugging Face for version 7, whichever way round the matrices are") {
    const auto model = original("v7");
    TensorMap tensors = test::renamed(test::official_tensors(*model), layers_name);
    check_same(*model, through_file(tensors));
    for (auto& [name, tensor] : tensors) {
        std::string official = name;
        replace(official, "model.layers.", "blocks.");
        replace(official, "attention", "att");
        if (test::is_lora(official)) tensor = test::turned(tensor);
    }
    check_same(*model, through_file(tensors));
}

TEST_CASE("a head that is the embedding") {
    const auto model = original("v4");
    TensorMap official = test::official_tensors(*model);
    official["head.weight"] = official["emb.weight"];
    TensorMap tied = test::renamed(official, transformers_name);
    tied.erase("head.weight");
    check_same(*through_file(official), through_file(tied));
}

TEST_CASE("what cannot be told apart or is another model is refused") {
    TensorMap tensors = test::official_tensors(*original("v7"));
    const auto refusal = [&](const TensorMap& file, Code code) {
        return refusal_of([&] { through_file(file); }, code);
    };
    TensorMap mixed = tensors;
    mixed["blocks.1.att.g1"] = test::turned(mixed["blocks.1.att.g1"]);
    check_contains(refusal(mixed, Code::bad_file), "the other way round");
    TensorMap square = {{"emb.weight", {{3, 4}, std::vector<float>(12)}},
                        {"blocks.0.att.key.weight", {{4, 4}, std::vector<float>(16)}},
                        {"blocks.0.att.w1", {{4, 4}, std::vector<float>(16)}}};
    check_contains(refusal(square, Code::unsupported), "square");
    TensorMap strange = fla(tensors);
    strange["model.layers.1.attn.r_proj.bias"] = {{64}, std::vector<float>(64)};
    check_contains(refusal(strange, Code::unsupported),
                   "'model.layers.1.attn.r_proj.bias': expected the names of flash");
    const TensorMap six = {{"model.layers.0.attn.x_proj.0.mu", {{4}, std::vector<float>(4)}}};
    check_contains(refusal(six, Code::unsupported), "RWKV-6 of flash-linear-attention");
    const TensorMap llama = {{"model.layers.0.self_attn.q_proj.weight", {{4}, std::vector<float>(4)}}};
    check_contains(refusal(llama, Code::bad_file), "without RWKV's names");
}

namespace {

/// The tensors in files of one third each, and an index. Returns their names.
std::vector<std::string> write_shards(const test::TemporaryFolder& folder, const TensorMap& tensors) {
    std::vector<TensorMap> parts(3);
    std::string map;
    size_t at = 0;
    const auto name_of = [](size_t i) { return concat("model-0000", i + 1, "-of-00003.safetensors"); };
    for (const auto& [name, tensor] : tensors) {
        const size_t part = at++ % 3;
        parts[part][name] = tensor;
        map += concat(map.empty() ? "" : ",", '"', name, "\":\"", name_of(part), '"');
    }
    std::vector<std::string> names = {"model.safetensors.index.json"};
    std::ofstream(folder / names[0]) << R"({"metadata":{"total_size":1},"weight_map":{)" << map << "}}";
    for (size_t i = 0; i < 3; ++i) {
        names.push_back(name_of(i));
        test::write_tensors(folder / names.back(), parts[i], {{"format", "pt"}});
    }
    return names;
}

}  // namespace

TEST_CASE("a model in parts opens by its index and by any part, and says which part is missing") {
    const auto model = original("v7");
    const test::TemporaryFolder folder;
    const auto names = write_shards(folder, fla(test::official_tensors(*model)));
    for (const std::string& name : names) {
        INFO(name);
        check_same(*model, Model::load(folder / name));
    }
    std::filesystem::remove(folder / names[2]);
    for (const std::string& name : {names[0], names[1]}) {
        const std::string message = refusal_of([&] { Model::load(folder / name); }, Code::io);
        check_contains(message, "'model-00002-of-00003.safetensors' of this model is missing");
        check_contains(message, name.c_str());
    }
}

TEST_CASE("indices that name no files beside them are refused") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "model.safetensors.index.json";
    const auto refusal = [&](const std::string& text) {
        std::ofstream(path) << text;
        return refusal_of([&] { Model::load(path); }, Code::bad_file);
    };
    check_contains(refusal(R"({"weight_map":{"a":"../b.safetensors"}})"), "'../b.safetensors'");
    check_contains(refusal(R"({"weight_map":{"a":"b.bin"}})"), "'b.bin'");
    check_contains(refusal(R"({"weight_map":{}})"), "found none");
    check_contains(refusal(R"({"weight_map":[1]})"), "index.json");
    check_contains(refusal("{}"), "weight_map");
    check_contains(refusal("{"), "index.json");
}

}  // namespace rwkvk
