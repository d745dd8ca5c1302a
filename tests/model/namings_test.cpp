// Random models of every version under the names and in the layouts of other programs: the model is the
// official one, to the last bit.
#include "runtime/load/namings.h"
#include "runtime/synthetic/synthetic_model.h"

#include <doctest/doctest.h>

#include <fstream>
#include <functional>

#include "tests/support/log_lines.h"
#include "tests/support/reference_folder.h"
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

std::string rwkv_rs_name(const std::string& name) {
    if (name == "head.weight") return "lm_head.weight";
    return "model." + with(name, {{"emb.", "embed_tokens."},
                                  {"ln_out.", "norm."},
                                  {"blocks.0.ln0.", "embedding_norm."},
                                  {"blocks.", "layers."},
                                  {".ln1.", ".input_layernorm."},
                                  {".ln2.", ".post_attention_layernorm."},
                                  {"att.receptance", "linear_attn.r_proj"},
                                  {"att.key", "linear_attn.k_proj"},
                                  {"att.value", "linear_attn.v_proj"},
                                  {"att.output", "linear_attn.o_proj"},
                                  {"att.ln_x", "linear_attn.g_norm"},
                                  {".att.", ".linear_attn."},
                                  {".ffn.", ".mlp."}});
}

std::shared_ptr<const Model> through_pth(const TensorMap& tensors) {
    const test::TemporaryFolder folder;
    test::write_bytes(folder / "pytorch_model.bin", test::pth_of(tensors));
    return Model::load(folder / "pytorch_model.bin");
}

TensorMap behind(const std::string& prefix, const TensorMap& tensors) {
    return test::renamed(tensors, [&](const std::string& name) { return prefix + name; });
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

TEST_CASE("names of rwkv-rs, without the value residual of block 0") {
    const auto model = original("v7");
    const TensorMap tensors = test::renamed(test::official_tensors(*model), rwkv_rs_name);
    REQUIRE(tensors.contains("model.embedding_norm.weight"));
    REQUIRE(tensors.contains("model.layers.2.linear_attn.v1"));
    REQUIRE_FALSE(tensors.contains("model.layers.0.linear_attn.v1"));
    check_same(*model, through_file(tensors));
}

TEST_CASE("every naming in PyTorch's files is the same model") {
    for (const char* version : {"v4", "v5.0", "v5.1", "v5.2", "v6"}) {
        INFO(version);
        const auto model = original(version);
        check_same(*model, through_pth(test::renamed(test::official_tensors(*model), transformers_name)));
    }
    const auto model = original("v7");
    const TensorMap official = test::official_tensors(*model);
    check_same(*model, through_pth(official));
    check_same(*model, through_pth(fla(official)));
    check_same(*model, through_pth(with_joined_mixes(fla(official), 3, {1, 1})));
    check_same(*model, through_pth(test::renamed(official, layers_name)));
    check_same(*model, through_pth(test::renamed(official, rwkv_rs_name)));
}

TEST_CASE("prefixes of trainers come off in every kind of file, in any nesting") {
    const auto model = original("v7");
    const TensorMap official = test::official_tensors(*model), hugging_face = fla(official);
    for (const char* prefix : {"_forward_module.", "_orig_mod.", "module.", "model.", "state_dict.",
                               "module._orig_mod.", "state_dict.model.", "model.module.model.",
                               "state_dict._forward_module.model._orig_mod.", "_fsdp_wrapped_module."}) {
        INFO(prefix);
        check_same(*model, through_file(behind(prefix, official)));
        check_same(*model, through_pth(behind(prefix, official)));
        check_same(*model, through_file(behind(prefix, hugging_face)));
        check_same(*model, through_pth(behind(prefix, hugging_face)));
    }
    const auto compiled = [](const std::string& name) { return with(name, {{".att.", "._orig_mod.att."}}); };
    check_same(*model, through_file(test::renamed(official, compiled)));
    TensorMap beside = behind("model.", official);
    beside["optimizer.state.0.exp_avg"] = {{1}, {1}};
    check_same(*model, through_pth(beside));
}

TEST_CASE("a head that is the embedding, in every naming and kind of file") {
    const auto tie = [](TensorMap tensors, const std::string& head, const std::string& embedding) {
        if (tensors.contains(head)) tensors[head] = tensors.at(embedding);
        return tensors;
    };
    for (const char* version : {"v4", "v7"}) {
        INFO(version);
        const TensorMap official =
            tie(test::official_tensors(*original(version)), "head.weight", "emb.weight");
        const auto expected = through_file(official);
        TensorMap tied = official;
        tied.erase("head.weight");
        const test::LogLines log;
        check_same(*expected, through_file(tied));
        check_same(*expected, through_pth(tied));
        REQUIRE(log.notes().size() == 2);
        check_contains(log.notes()[0], "the embedding is used");
        if (version == std::string("v7"))
            check_same(*expected, through_file(fla(tied)));
        else
            check_same(*expected, through_pth(test::renamed(tied, transformers_name)));
    }
}

TEST_CASE("the reference files of trainers and of Hugging Face are the models they were made of") {
    const auto folder = test::reference("cases");
    if (!folder) return;
    const auto prefixed = Model::load((*folder / "forward-module-prefix/model.pth").string());
    CHECK(prefixed->version() == "7.0");
    CHECK(prefixed->unused_tensors().empty());
    const auto bin = Model::load((*folder / "hf-pytorch-model-bin/pytorch_model.bin").string());
    CHECK(bin->version() == "4.0");
    CHECK(bin->unused_tensors().empty());
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
    for (const auto& [version, name] : {std::pair{"v7", "blocks.0.att.r_k"},
                                        {"v6", "blocks.0.att.time_faaaa"},
                                        {"v5.2", "blocks.0.att.time_decay"}}) {
        INFO(version);
        TensorMap flat = test::official_tensors(*original(version));
        flat.at(name).shape = {flat.at(name).values.size()};
        check_contains(refusal(flat, Code::unsupported), "nothing tells how many heads there are");
    }
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

/// The tensors in files of one third each, and an index. Returns their names. `whole`: as a single file would
/// be called, "model.safetensors" or "pytorch_model.bin".
std::vector<std::string> write_shards(const test::TemporaryFolder& folder, const TensorMap& tensors,
                                      const std::string& whole = "model.safetensors") {
    std::vector<TensorMap> parts(3);
    std::string map;
    size_t at = 0;
    const size_t dot = whole.find('.');
    const auto name_of = [&](size_t i) {
        return concat(whole.substr(0, dot), "-0000", i + 1, "-of-00003", whole.substr(dot));
    };
    for (const auto& [name, tensor] : tensors) {
        const size_t part = at++ % 3;
        parts[part][name] = tensor;
        map += concat(map.empty() ? "" : ",", '"', name, "\":\"", name_of(part), '"');
    }
    std::vector<std::string> names = {whole + ".index.json"};
    std::ofstream(folder / names[0]) << R"({"metadata":{"total_size":1},"weight_map":{)" << map << "}}";
    for (size_t i = 0; i < 3; ++i) {
        names.push_back(name_of(i));
        if (whole.ends_with(".bin"))
            test::write_bytes(folder / names.back(), test::pth_of(parts[i]));
        else
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

TEST_CASE("parts of any naming, in safetensors and in PyTorch's files, are the whole model") {
    const auto model = original("v7");
    const TensorMap official = test::official_tensors(*model);
    for (const TensorMap& tensors :
         {fla(official), test::renamed(official, rwkv_rs_name), behind("module._orig_mod.", official)}) {
        for (const char* whole : {"model.safetensors", "pytorch_model.bin"}) {
            INFO(whole);
            const test::TemporaryFolder folder;
            for (const std::string& name : write_shards(folder, tensors, whole))
                check_same(*model, Model::load(folder / name));
            check_same(*model, Model::load(folder / ""));
        }
    }
}

TEST_CASE("a folder is the one model in it, or says what there is") {
    const auto model = original("v7");
    const TensorMap official = test::official_tensors(*model);
    const test::TemporaryFolder folder;
    const std::string path = folder / "";
    const auto refusal = [&] { return refusal_of([&] { Model::load(path); }, Code::bad_argument); };
    check_contains(refusal(), "found no files");
    for (const char* other :
         {"adapter_model.safetensors", "adapter_model.safetensors.index.json", "optimizer.bin",
          "training_args.bin", "tokenizer.json", "rwkv_vocab_v20230424.txt", "config.json", "scheduler.pt"})
        test::write_bytes(folder / other, "x");
    check_contains(refusal(),
                   "expected one model in it, found 'adapter_model.safetensors', "
                   "'adapter_model.safetensors.index.json', 'config.json'");
    write_shards(folder, official);
    const auto found = Model::load(path);
    check_same(*model, found);
    CHECK(found->name() == "model.safetensors.index.json");
    CHECK(found->path() == folder / "model.safetensors.index.json");
    std::filesystem::remove(folder / "model.safetensors.index.json");
    check_same(*model, Model::load(path + "."));
    test::write_bytes(folder / "pytorch_model.bin", test::pth_of(official));
    const std::string message = refusal();
    check_contains(message, "found 2: give one of 'model-00001-of-00003.safetensors', 'pytorch_model.bin'");
}

TEST_CASE("indices that name no files beside them are refused") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "model.safetensors.index.json";
    const auto refusal = [&](const std::string& text) {
        std::ofstream(path) << text;
        return refusal_of([&] { Model::load(path); }, Code::bad_file);
    };
    check_contains(refusal(R"({"weight_map":{"a":"../b.safetensors"}})"), "'../b.safetensors'");
    check_contains(refusal(R"({"weight_map":{"a":"b.txt"}})"), "'b.txt'");
    check_contains(refusal(R"({"weight_map":{}})"), "found none");
    check_contains(refusal(R"({"weight_map":[1]})"), "index.json");
    check_contains(refusal("{}"), "weight_map");
    check_contains(refusal("{"), "index.json");
}

}  // namespace rwkvk
