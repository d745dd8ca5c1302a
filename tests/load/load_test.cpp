#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/error.h"
#include "host/half.h"
#include "runtime/load/pth/pth.h"
#include "runtime/load/rwkv_cpp.h"
#include "runtime/load/tensor.h"
#include "tests/support/file_builder.h"
#include "tests/support/reference_folder.h"
#include "tests/support/refusal.h"

using namespace rwkvk::load;
using namespace rwkvk::test;
using rwkvk::Code;

namespace {

std::string refusal(const std::string& file, Code code) {
    return refusal_of([&] { read_checkpoint(as_bytes(file), "some.file"); }, code);
}

template <typename T>
std::vector<double> values_as(const TensorView& view) {
    std::vector<T> stored(view.elements());
    view.copy(0, stored.size(), reinterpret_cast<std::byte*>(stored.data()));
    return {stored.begin(), stored.end()};
}

std::vector<double> values_of(const TensorView& view) {
    std::vector<double> values;
    switch (view.dtype) {
        case DType::f32:
            return values_as<float>(view);
        case DType::f64:
            return values_as<double>(view);
        case DType::u8:
        case DType::boolean:
            return values_as<uint8_t>(view);
        case DType::i8:
            return values_as<int8_t>(view);
        case DType::i16:
            return values_as<int16_t>(view);
        case DType::i32:
            return values_as<int32_t>(view);
        case DType::i64:
            return values_as<int64_t>(view);
        case DType::f16:
        case DType::bf16:
            values = values_as<uint16_t>(view);
            break;
        default:
            FAIL("no values of single elements");
    }
    for (double& value : values) {
        const auto bits = static_cast<uint16_t>(value);
        value = view.dtype == DType::f16 ? rwkvk::half_to_float(bits) : rwkvk::bf16_to_float(bits);
    }
    return values;
}

std::string torch_name(DType type) {
    const std::string name = name_of(type);
    if (name == "u8") return "uint8";
    if (name[0] == 'b') return name == "bool" ? name : "bfloat16";
    return (name[0] == 'f' ? "float" : "int") + name.substr(1);
}

void check_same(const PthValue& value, const nlohmann::json& expected) {
    if (expected.contains("non_tensor")) {
        if (expected["non_tensor"].is_string()) {
            CHECK(std::get<std::string_view>(value) == expected["non_tensor"].get<std::string>());
        } else {
            CHECK(std::get<int64_t>(value) == expected["non_tensor"].get<int64_t>());
        }
        return;
    }
    const auto& view = std::get<TensorView>(value);
    CHECK(view.shape == expected["shape"].get<std::vector<uint64_t>>());
    CHECK(torch_name(view.dtype) == expected["dtype"].get<std::string>());
    CHECK(values_of(view) == expected["values"].get<std::vector<double>>());
}

// A minimal rwkv.cpp model of version 7.
std::string tiny_bin(const std::string& more = "") {
    return rwkv_cpp_header() + rwkv_cpp_tensor("blocks.0.att.r_k", {4, 1}, 0, ramp<float>(4)) + more;
}

}  // namespace

TEST_CASE("every variant of .pth reads as PyTorch reads it") {
    const auto folder = reference("golden/pth_variants");
    if (!folder) return;
    const auto expected = nlohmann::json::parse(contents_of(*folder / "expected.json"));
    CHECK(expected.size() == 9);
    for (const auto& [file_name, values] : expected.items()) {
        INFO(file_name);
        const std::string file = contents_of(*folder / file_name);
        const PthTree tree = read_pth_tree(as_bytes(file), file_name);
        CHECK(tree.size() == values.size());
        for (const auto& [name, value] : values.items()) {
            INFO(name);
            REQUIRE(tree.contains(name));
            check_same(tree.at(name), value);
        }
    }
}

TEST_CASE("a state dict inside of a training checkpoint is found, one converted by ChatRWKV is refused") {
    const auto folder = reference("golden/pth_variants");
    if (!folder) return;
    const Checkpoint nested = open_checkpoint((*folder / "nested_state_dict.pth").string());
    CHECK(nested.tensors.contains("emb.weight"));
    CHECK(nested.tensors.size() == 3);
    const std::string converted = contents_of(*folder / "mixed_dtypes_and_non_tensors.pth");
    check_contains(refusal(converted, Code::unsupported), "ChatRWKV converted");
}

TEST_CASE("the official v7 models open with LoRA matrices as [out,in]") {
    const auto folder = reference("golden/v7.0");
    if (!folder) return;
    for (const char* file : {"model-fp32.pth", "model-bf16.pth"}) {
        const Checkpoint model = open_checkpoint((*folder / file).string());
        CHECK(model.format == "pth");
        CHECK(model.tensors.size() == 102);
        CHECK(model.tensors.at("emb.weight").shape_text() == "264x64");
        CHECK(model.tensors.at("blocks.1.att.w1").shape_text() == "16x64");
        CHECK(model.tensors.at("blocks.1.att.w2").shape_text() == "64x16");
        CHECK(model.tensors.at("blocks.1.att.v2").shape_text() == "64x8");
        CHECK(model.tensors.at("blocks.2.att.r_k").shape_text() == "2x32");
        CHECK(model.tensors.at("blocks.2.att.x_r").shape_text() == "1x1x64");
        CHECK(model.tensors.at("blocks.0.ffn.key.weight").shape_text() == "256x64");
        CHECK(model.tensors.at("head.weight").elements() == 264 * 64);
    }
}

TEST_CASE("v6 and v7a LoRA matrices are turned too") {
    const auto folder = reference("golden");
    if (!folder) return;
    const Checkpoint six = open_checkpoint((*folder / "v6.0/model-fp32.pth").string());
    CHECK(six.tensors.at("blocks.1.att.time_maa_w1").shape_text() == "40x64");
    CHECK(six.tensors.at("blocks.1.att.time_maa_w2").shape_text() == "5x64x8");
    CHECK(six.tensors.at("blocks.1.att.time_decay_w2").shape_text() == "64x16");
    const Checkpoint seven = open_checkpoint((*folder / "v7a/model-fp32.pth").string());
    CHECK(seven.tensors.at("blocks.0.ffn.s2").shape_text() == "128x32");
    CHECK(seven.tensors.at("blocks.0.ffn.s_emb.weight").shape_text() == "24x1024");
}

TEST_CASE("rwkv.cpp v7 models open under official names") {
    const auto folder = reference("golden/rwkv.cpp");
    if (!folder) return;
    for (const char* format : {"FP32", "FP16"}) {
        INFO(format);
        const Checkpoint model =
            open_checkpoint((*folder / ("tiny-rwkv-7v0-834K-" + std::string(format) + ".bin")).string());
        CHECK(model.format == "rwkv.cpp");
        CHECK(model.tensors.at("emb.weight").shape_text() == "256x64");
        CHECK(model.tensors.at("blocks.11.att.w1").shape_text() == "32x64");
        CHECK(model.tensors.at("blocks.11.att.g2").shape_text() == "64x32");
        CHECK(model.tensors.at("blocks.3.att.x_g").shape_text() == "1x1x64");
        CHECK(model.tensors.at("blocks.3.att.r_k").shape_text() == "1x64");
        CHECK_FALSE(model.tensors.contains("blocks.3.att.x_rwkvag"));
        for (const double value : values_of(model.tensors.at("ln_out.weight"))) CHECK(std::isfinite(value));
    }
}

TEST_CASE("every quantised type of rwkv.cpp has a number of its own") {
    struct Type {
        int32_t number;
        DType dtype;
        int32_t elements;
        size_t bytes;
    };
    for (const auto& [number, dtype, elements, bytes] :
         {Type{2, DType::q4_0, 32, 18}, Type{3, DType::q4_1, 32, 20}, Type{7, DType::q5_0, 32, 22},
          Type{8, DType::q5_1, 32, 24}, Type{9, DType::q8_0, 32, 34}, Type{11, DType::q2_k, 256, 84},
          Type{12, DType::q3_k, 256, 110}, Type{13, DType::q4_k, 256, 144}, Type{14, DType::q5_k, 256, 176},
          Type{15, DType::q6_k, 256, 210}}) {
        INFO(number);
        std::string blocks(6 * bytes, 'x');
        blocks.back() = 'y';
        const std::string file = tiny_bin(rwkv_cpp_tensor("m", {2 * elements, 3}, number, blocks));
        const Checkpoint model = read_rwkv_cpp(as_bytes(file), "tiny.bin");
        const TensorView& view = model.tensors.at("m");
        CHECK(view.dtype == dtype);
        CHECK(view.shape == std::vector<uint64_t>{3, static_cast<uint64_t>(2 * elements)});
        CHECK(static_cast<char>(view.data[6 * bytes - 1]) == 'y');
        const std::string half = rwkv_cpp_tensor("m", {elements / 2, 2}, number, blocks);
        check_contains(refusal(tiny_bin(half), Code::bad_file), "expected a multiple of");
        const std::string old = rwkv_cpp_header(100) + rwkv_cpp_tensor("m", {elements}, number, blocks);
        check_contains(refusal(old, Code::unsupported), "version 100");
    }
    for (const int32_t number : {10, 16}) {
        const std::string file = tiny_bin(rwkv_cpp_tensor("m", {256}, number, ""));
        check_contains(refusal(file, Code::unsupported), "which no weights have");
    }
}

TEST_CASE("decays that rwkv.cpp has transformed do not have the official name") {
    const std::string decay = rwkv_cpp_tensor("blocks.0.att.time_decay", {2}, 0, ramp<float>(2));
    const std::string file = rwkv_cpp_header() + decay;
    const Checkpoint model = read_rwkv_cpp(as_bytes(file), "tiny.bin");
    CHECK(model.tensors.size() == 1);
    CHECK(values_of(model.tensors.at("blocks.0.att.decay")) == std::vector<double>{0, 1});
    const std::string both = file + rwkv_cpp_tensor("blocks.0.att.decay", {2}, 0, ramp<float>(2));
    check_contains(refusal(both, Code::bad_file), "two tensors named");
    check_contains(refusal(rwkv_cpp_header(), Code::unsupported), "expected an RWKV from 4 to 7");
}

TEST_CASE(
    "the bonus of an RWKV-5 without a gate is not a logarithm in rwkv.cpp files, that of version 4 is raw") {
    std::string file = rwkv_cpp_header();
    for (const char* name : {"att.time_decay", "att.time_first"})
        file += rwkv_cpp_tensor(std::string("blocks.0.") + name, {1, 1, 2}, 0, ramp<float>(2));
    const auto names = [&](const std::string& more) {
        std::vector<std::string> found;
        const std::string all = file + more;
        for (const auto& [name, view] : read_rwkv_cpp(as_bytes(all), "tiny.bin").tensors)
            found.push_back(name);
        return found;
    };
    using Names = std::vector<std::string>;
    const std::string norm = rwkv_cpp_tensor("blocks.0.att.ln_x.weight", {2}, 0, ramp<float>(2));
    const std::string gate = rwkv_cpp_tensor("blocks.0.att.gate.weight", {2}, 0, ramp<float>(2));
    const std::string mix = rwkv_cpp_tensor("blocks.0.att.time_maa_x", {2}, 0, ramp<float>(2));
    CHECK(names("") == Names{"blocks.0.att.decay", "blocks.0.att.time_first"});
    CHECK(names(norm) == Names{"blocks.0.att.decay", "blocks.0.att.ln_x.weight", "blocks.0.att.time_faaaa"});
    CHECK(names(norm + gate) == Names{"blocks.0.att.decay", "blocks.0.att.gate.weight",
                                      "blocks.0.att.ln_x.weight", "blocks.0.att.time_first"});
    CHECK(names(mix) ==
          Names{"blocks.0.att.time_decay", "blocks.0.att.time_first", "blocks.0.att.time_maa_x"});
}

TEST_CASE("the joined mixes of rwkv.cpp become six views in the order r w k v a g") {
    const std::string file =
        tiny_bin(rwkv_cpp_tensor("blocks.0.att.x_rwkvag", {4, 1, 6}, 0, ramp<float>(24)));
    const Checkpoint model = read_rwkv_cpp(as_bytes(file), "tiny.bin");
    CHECK(model.tensors.size() == 7);
    double first = 0;
    for (const char letter : std::string("rwkvag")) {
        const TensorView& mix = model.tensors.at(std::string("blocks.0.att.x_") + letter);
        CHECK(mix.shape_text() == "1x1x4");
        CHECK(values_of(mix) == std::vector<double>{first, first + 1, first + 2, first + 3});
        first += 4;
    }
}

TEST_CASE("rwkv.cpp tensors that cannot be are refused") {
    const auto message = [](const std::string& more, Code code = Code::bad_file) {
        return refusal(tiny_bin(more), code);
    };
    check_contains(message(rwkv_cpp_tensor("x", {4}, 0, "")), "bytes left");
    check_contains(message(rwkv_cpp_tensor("x", {-1}, 0, "")), "a dimension of -1");
    check_contains(message(rwkv_cpp_tensor("x", {0}, 0, "")), "a dimension of 0");
    check_contains(message(rwkv_cpp_tensor("x", {0x7fffffff, 0x7fffffff, 0x7fffffff}, 0, "")), "bytes left");
    check_contains(message(rwkv_cpp_tensor("x", {1, 1, 1, 1}, 0, "")), "4 dimensions");
    check_contains(message(rwkv_cpp_tensor("", {1}, 0, "")), "name of 0 bytes");
    check_contains(message(rwkv_cpp_tensor("a\x1b[2J", {1}, 0, "1234")), "'a?[2J'");
    check_contains(message(rwkv_cpp_tensor("blocks.0.att.r_k", {1}, 0, "1234")), "two tensors named");
    check_contains(message(rwkv_cpp_tensor("x", {1}, 5, "")), "unknown type 5");
    check_contains(message(rwkv_cpp_tensor("x", {1}, -1, "")), "unknown type -1");
    check_contains(message(rwkv_cpp_tensor("x", {32}, 9, "")), "bytes left");
    check_contains(message(rwkv_cpp_tensor("b.att.x_rwkvag", {4, 1, 5}, 0, ramp<float>(20)), Code::bad_shape),
                   "6x1");
    check_contains(refusal(rwkv_cpp_header(100) + rwkv_cpp_tensor("x", {32}, 2, ""), Code::unsupported),
                   "again");
    check_contains(refusal(rwkv_cpp_header(102), Code::unsupported), "version 102");
}

TEST_CASE("foreign files are named") {
    check_contains(refusal("", Code::bad_file), "empty file");
    check_contains(refusal("\xef\xbb\xbf\n <!DOCTYPE HTML><html>", Code::bad_file), "HTML page");
    check_contains(refusal("<html lang=en>", Code::bad_file), "HTML page");
    check_contains(refusal("version https://git-lfs.github.com/spec/v1\n", Code::bad_file),
                   "Git LFS pointer");
    check_contains(refusal(le(uint64_t{2}) + "{}", Code::bad_file), "found no tensors");
    check_contains(refusal(zip({{.name = "word/document.xml", .data = "x", .method = 8}}), Code::bad_file),
                   "not a PyTorch file");
    check_contains(refusal("PK\x03\x04", Code::bad_file), "without its end");
    check_contains(refusal("\x1f\x8b\x08", Code::bad_file), "gzip");
    check_contains(refusal(R"({"architectures":["Rwkv7ForCausalLM"]})", Code::bad_file), "a JSON file");
    check_contains(refusal("hello", Code::bad_file), "not a model file this program knows");
    check_contains(refusal(std::string(1, '\0'), Code::bad_file), "not a model file this program knows");
}

TEST_CASE("models older than RWKV-4 are named, RWKV-4 and 5 are not taken for them") {
    using Entry = std::pair<std::string, std::vector<int64_t>>;
    const auto file = [](const std::vector<Entry>& entries) {
        pickle::Entries all;
        for (const auto& [name, shape] : entries) all.push_back({name, pickle::tensor_f32("0", shape)});
        return pth(pickle::dict(all), {{"0", ramp<float>(8)}});
    };
    const Entry column = {"blocks.0.att.time_decay", {4, 1}}, mix = {"blocks.0.att.time_mix", {1, 1, 4}};
    check_contains(refusal(file({{"blocks.0.att.time_w", {2, 4}}}), Code::unsupported),
                   "an RWKV-1, expected");
    check_contains(refusal(file({column, mix}), Code::unsupported), "an RWKV-2, expected");
    check_contains(refusal(file({column}), Code::unsupported), "an RWKV-3, expected an RWKV from 4 to 7");
    for (const auto& entries : {std::vector<Entry>{{"blocks.0.att.time_decay", {4}}},
                                std::vector<Entry>{column, {"blocks.0.att.ln_x.weight", {4}}}}) {
        const std::string newer = file(entries);
        CHECK(read_checkpoint(as_bytes(newer), "some.pth").tensors.size() == entries.size());
    }
}

TEST_CASE("open_checkpoint keeps the file mapped, and a missing file is an io error") {
    const auto path = std::filesystem::temp_directory_path() / "rwkvk_load_test.bin";
    std::ofstream(path, std::ios::binary) << tiny_bin();
    const Checkpoint model = open_checkpoint(path.string());
    std::filesystem::remove(path);
    CHECK(values_of(model.tensors.at("blocks.0.att.r_k")) == std::vector<double>{0, 1, 2, 3});
    refusal_of([&] { open_checkpoint(path.string()); }, Code::io);
}
