// What stands behind the containers: official names and layouts, and files of others that are refused by
// name; the other namings are in namings_test.
#include "runtime/load/model_tensors.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/file_builder.h"
#include "tests/support/refusal.h"

using namespace rwkvk::load;
using namespace rwkvk::test;
using rwkvk::Code;

namespace {

struct Entry {
    std::string name, type, shape;
    std::string data;
};

std::string file_of(const std::vector<Entry>& entries, const std::string& metadata = "") {
    std::string header = "{" + metadata, data;
    for (const Entry& entry : entries) {
        header += (header.size() > 1 ? ",\"" : "\"") + entry.name + "\":{\"dtype\":\"" + entry.type +
                  "\",\"shape\":" + entry.shape + ",\"data_offsets\":[" + std::to_string(data.size()) + "," +
                  std::to_string(data.size() + entry.data.size()) + "]}";
        data += entry.data;
    }
    header += "}";
    return le(uint64_t{header.size()}) + header + data;
}

const Entry embedding = {"emb.weight", "BF16", "[5,4]", ramp<uint16_t>(20)};

std::string refusal(const std::vector<Entry>& entries, Code code, const std::string& metadata = "") {
    const std::string file = file_of(entries, metadata);
    return refusal_of([&] { read_checkpoint(as_bytes(file), "some.st"); }, code);
}

}  // namespace

TEST_CASE("official names are read, LoRA matrices turned, ones in front of a shape kept") {
    const std::string file = file_of({embedding,
                                      {"blocks.0.att.w1", "F32", "[4,2]", ramp<float>(8)},
                                      {"blocks.0.att.x_r", "F64", "[1,1,4]", ramp<double>(4)},
                                      {"blocks.0.att.key.weight", "F16", "[1,4,4]", ramp<uint16_t>(16)},
                                      {"steps", "I64", "[]", ramp<int64_t>(1)}});
    const Checkpoint model = read_checkpoint(as_bytes(file), "some.st");
    CHECK(model.format == "safetensors");
    CHECK(model.tensors.size() == 5);
    CHECK(model.tensors.at("emb.weight").dtype == DType::bf16);
    const TensorView& lora = model.tensors.at("blocks.0.att.w1");
    CHECK(lora.shape_text() == "2x4");
    std::vector<float> values(8);
    lora.copy(0, 8, reinterpret_cast<std::byte*>(values.data()));
    CHECK(values == std::vector<float>{0, 2, 4, 6, 1, 3, 5, 7});
    CHECK(model.tensors.at("blocks.0.att.x_r").shape_text() == "1x1x4");
    CHECK(model.tensors.at("blocks.0.att.key.weight").squeezed().shape_text() == "4x4");
}

TEST_CASE("safetensors files that are no models are refused") {
    check_contains(refusal({}, Code::bad_file), "expected 'emb.weight', found no tensors");
    check_contains(refusal({{"wte.weight", "F32", "[1]", "1234"}}, Code::bad_file), "found 'wte.weight'");
    check_contains(refusal({{"blocks.0.att_kv", "F32", "[1]", "1234"}}, Code::bad_file,
                           R"("__metadata__":{"format":"rwkvk-state"})"),
                   "a saved state");
    check_contains(refusal({{"blocks.0.att.w1", "F32", "[1]", "1234"}}, Code::bad_shape),
                   "expected a matrix");
    check_contains(refusal({{"emb.weight", "F8_E4M3", "[1]", "1"}}, Code::unsupported), "'F8_E4M3'");
    std::string cut = file_of({embedding});
    cut.pop_back();
    check_contains(refusal_of([&] { read_checkpoint(as_bytes(cut), "some.st"); }, Code::bad_file), "some.st");
    cut.resize(20);
    check_contains(refusal_of([&] { read_checkpoint(as_bytes(cut), "some.st"); }, Code::bad_file), "header");
}

TEST_CASE("weights that other programs quantised and adapters that are not read are refused by name") {
    const std::vector<std::pair<const char*, const char*>> names = {
        {"blocks.0.att.key.weight.scale", "int8 with scales"},
        {"blocks.0.att.key.weight.nf4_b_scale", "NVFP4"},
        {"blocks.0.att.key.weight.fp8_scale", "FP8"},
        {"blocks.0.att.key.qweight", "GPTQ or AWQ"},
        {"model.layers.0.attn.k_proj.weight.absmax", "bitsandbytes"},
        {"base_model.model.blocks.0.att.key.lora_magnitude_vector", "a DoRA adapter"},
        {"base_model.model.prompt_embeddings", "a tuned prompt"},
        {"blocks.0.att.key.weight.D.master", "a checkpoint of a MiSS training"},
    };
    for (const auto& [name, what] : names) {
        INFO(name);
        const std::string message = refusal({embedding, {name, "F32", "[1]", "1234"}}, Code::unsupported);
        check_contains(message, what);
        check_contains(message, "which is not read: ");
        const std::string pytorch =
            pth(pickle::dict({{name, pickle::tensor_f32("0", {4})}}), {{"0", ramp<float>(4)}});
        check_contains(refusal_of([&] { read_checkpoint(as_bytes(pytorch), "some.pth"); }, Code::unsupported),
                       what);
    }
    check_contains(refusal({embedding}, Code::unsupported, R"("__metadata__":{"rwkvq":"{}"})"), "rwkv-quant");
    const std::string archive("RWKVQ\0\1\0\1\0\0\0\0\0\0\0", 16);
    check_contains(refusal_of([&] { read_checkpoint(as_bytes(archive), "some.rwkvq"); }, Code::unsupported),
                   "rwkv_lightning quantised (.rwkvq)");
}

TEST_CASE("names of no RWKV are refused, in PyTorch's files too") {
    const std::string file =
        pth(pickle::dict({{"model.layers.0.self_attn.q_proj.weight", pickle::tensor_f32("0", {4})}}),
            {{"0", ramp<float>(4)}});
    check_contains(refusal_of([&] { read_checkpoint(as_bytes(file), "some.bin"); }, Code::bad_file),
                   "a pth file without RWKV's names");
}
