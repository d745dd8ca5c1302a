#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "host/error.h"
#include "runtime/load/pth/pth.h"
#include "tests/support/file_builder.h"
#include "tests/support/refusal.h"

using namespace rwkvk::load;
using namespace rwkvk::test;
using rwkvk::Code;
using rwkvk::Error;

namespace {

PthTree tree_of(const std::string& file) { return read_pth_tree(as_bytes(file), "some.pth"); }

std::string refusal(const std::string& file, Code code = Code::bad_file) {
    return refusal_of([&] { read_pth(as_bytes(file), "some.pth"); }, code);
}

// A file with the pickled `object` and one f32 storage "0" of twelve elements.
std::string with_storage(const std::string& object) { return pth(object, {{"0", ramp<float>(12)}}); }

std::string one_tensor(const pickle::Shape& shape, int64_t claimed_count = 12) {
    return with_storage(
        pickle::dict({{"x", pickle::tensor(pickle::storage("FloatStorage", "0", claimed_count), shape)}}));
}

std::vector<float> floats(const TensorView& view) {
    std::vector<float> values(view.elements());
    view.copy(0, values.size(), reinterpret_cast<std::byte*>(values.data()));
    return values;
}

std::string repeated(std::string_view piece, size_t times) {
    std::string out;
    for (size_t i = 0; i < times; ++i) out += piece;
    return out;
}

}  // namespace

TEST_CASE("a state dict built by hand reads back, with and without ZIP64") {
    const auto parts =
        pth_parts(pickle::whole(pickle::dict({{"emb.weight", pickle::tensor_f32("0", {3, 4})}})),
                  {{"0", ramp<float>(12)}});
    const Zip64Claims honest;
    for (const std::string& file : {zip(parts), zip(parts, &honest)}) {
        const Checkpoint model = read_pth(as_bytes(file), "some.pth");
        CHECK(model.tensors.at("emb.weight").shape_text() == "3x4");
        CHECK(floats(model.tensors.at("emb.weight"))[11] == 11);
    }
}

TEST_CASE("a ZIP64 extra field counts where the plain fields are all ones") {
    auto parts = pth_parts(pickle::whole(pickle::dict({{"x", pickle::tensor_f32("0", {12})}})),
                           {{"0", ramp<float>(12)}});
    const uint64_t header_at = zip_local_header(parts[0]).size() + parts[0].data.size();
    parts[1].size_claim = 0xffffffff;
    parts[1].header_at = 0xffffffff;
    parts[1].extra = "ux" + le(uint16_t{1}) + "?" + le(uint16_t{1}) + le(uint16_t{24}) + le(uint64_t{48}) +
                     le(uint64_t{48}) + le(header_at);
    const std::string file = zip(parts);
    const PthTree tree = tree_of(file);
    CHECK(floats(std::get<TensorView>(tree.at("x")))[11] == 11);
}

TEST_CASE("strides, offsets, parameters and the third rebuild function are understood") {
    const std::string storage = pickle::storage("FloatStorage", "0", 12);
    const std::string untyped =
        pickle::tuple({pickle::concat("storage"), pickle::global("torch.storage", "UntypedStorage"),
                       pickle::concat("0"), pickle::concat("cuda:0"), pickle::integer(48)}) +
        "Q";
    const std::string turned = pickle::tensor(storage, {.size = {4, 3}, .stride = {1, 4}});
    const std::string v3 =
        pickle::call("torch._utils", "_rebuild_tensor_v3",
                     {untyped, pickle::integer(4), pickle::integers({2}), pickle::integers({2}), "\x89",
                      pickle::none(), pickle::global("torch", "float32")});
    const std::string file = with_storage(pickle::dict(
        {{"turned", turned},
         {"parameter", pickle::call("torch._utils", "_rebuild_parameter", {turned, "\x88", pickle::none()})},
         {"v3", v3},
         {"empty", pickle::tensor(storage, {.size = {0, 1LL << 62, 8}, .stride = {1, 1, 1}, .offset = 99})},
         {"nested", pickle::dict({{"list", pickle::list({pickle::integer(-5), "\x89"})}})}}));
    const PthTree tree = tree_of(file);
    CHECK(floats(std::get<TensorView>(tree.at("turned"))) ==
          std::vector<float>{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11});
    CHECK(floats(std::get<TensorView>(tree.at("parameter")))[1] == 4);
    CHECK(floats(std::get<TensorView>(tree.at("v3"))) == std::vector<float>{4, 6});
    CHECK(std::get<TensorView>(tree.at("empty")).elements() == 0);
    CHECK(std::get<int64_t>(tree.at("nested.list.0")) == -5);
    CHECK(std::get<bool>(tree.at("nested.list.1")) == false);
}

TEST_CASE("the legacy container reads, and its lies are refused") {
    const std::string object = pickle::dict({{"x", pickle::tensor_f32("7", {3})}});
    const std::string keys = pickle::list({pickle::concat("7")});
    const std::string file = legacy_pth(object, keys, le(uint64_t{3}) + ramp<float>(3));
    const PthTree tree = tree_of(file);
    CHECK(floats(std::get<TensorView>(tree.at("x"))) == std::vector<float>{0, 1, 2});
    check_contains(refusal(legacy_pth(object, keys, le(uint64_t{2}) + ramp<float>(3))), "claims 12 bytes");
    check_contains(refusal(legacy_pth(object, keys, le(~uint64_t{0}) + ramp<float>(3))), "a storage of");
    check_contains(refusal(legacy_pth(object, keys, le(uint64_t{1} << 40) + ramp<float>(3))), "found 12");
    check_contains(refusal(legacy_pth(object, pickle::list({}), "")), "is not in the file");
    check_contains(refusal(legacy_pth(object, pickle::list({pickle::concat("7"), pickle::concat("7")}),
                                      le(uint64_t{3}) + ramp<float>(3))),
                   "listed twice");
}

TEST_CASE("tensors that do not fit their storage are refused") {
    check_contains(refusal(one_tensor({.size = {13}, .stride = {1}})),
                   "does not fit its storage of 12 elements");
    check_contains(refusal(one_tensor({.size = {12}, .stride = {1}, .offset = 1})), "does not fit");
    check_contains(refusal(one_tensor({.size = {3}, .stride = {6}})), "does not fit");
    check_contains(refusal(one_tensor({.size = {1LL << 40}, .stride = {0}})), "does not fit");
    check_contains(refusal(one_tensor({.size = {1LL << 33, 1LL << 33}, .stride = {0, 0}})), "does not fit");
    check_contains(
        refusal(one_tensor({.size = {2, 2}, .stride = {INT64_MAX, INT64_MAX}, .offset = INT64_MAX})),
        "does not fit");
    check_contains(refusal(one_tensor({.size = {1}, .stride = {1}, .offset = INT64_MAX})), "does not fit");
    check_contains(refusal(one_tensor({.size = {}, .stride = {}, .offset = 12})), "does not fit");
    check_contains(refusal(one_tensor({.size = {3}, .stride = {-1}})), "found -1");
    check_contains(refusal(one_tensor({.size = {-3}, .stride = {1}})), "found -3");
    check_contains(refusal(one_tensor({.size = {3}, .stride = {1}, .offset = -1})), "found -1");
    check_contains(refusal(one_tensor({.size = {3}, .stride = {1, 1}})), "2 strides for 1 dimensions");
    check_contains(refusal(one_tensor({.size = {3}, .stride = {1}}, 13)), "claims 52 bytes");
    check_contains(refusal(one_tensor({.size = {3}, .stride = {1}}, INT64_MAX)), "beyond 64 bits");
    check_contains(
        refusal(one_tensor({.size = std::vector<int64_t>(9, 1), .stride = std::vector<int64_t>(9, 1)}),
                Code::unsupported),
        "with 9 entries");
    check_contains(refusal(pth(pickle::dict({{"x", pickle::tensor_f32("1", {3})}}), {})),
                   "'any/data/1' is missing");
}

TEST_CASE("nothing but a state dict gets through the pickle") {
    check_contains(
        refusal(with_storage(pickle::call("builtins", "eval", {pickle::concat("1")})), Code::unsupported),
        "'builtins.eval'");
    check_contains(refusal(with_storage(pickle::global("os\x1b", "system")), Code::unsupported),
                   "'os?.system'");
    check_contains(refusal(with_storage("i"), Code::unsupported), "opcode 0x69 at byte 2");
    check_contains(refusal(with_storage(pickle::call("torch", "FloatStorage", {}))), "used as a function");
    check_contains(refusal(with_storage(pickle::call("collections", "OrderedDict", {pickle::none()}))),
                   "with arguments");
    check_contains(refusal(with_storage(pickle::integer(1))), "holds an integer");
    check_contains(refusal(with_storage(pickle::dict({{"x", pickle::storage("FloatStorage", "0", 12)}}))),
                   "is a storage");
    check_contains(refusal(with_storage(pickle::dict({{"x", pickle::integer(1)}}))), "without tensors");
    check_contains(refusal(with_storage("}" + pickle::none() + pickle::none() + "s")), "expected text");
    check_contains(refusal(zip(pth_parts("\x80\x06}.", {}))), "protocol 2 to 5");
}

TEST_CASE("broken stacks, memos and lengths are refused") {
    for (const char* broken : {"0",
                               "2",
                               "t",
                               "u",
                               "e",
                               "\x85",
                               "R",
                               "Q",
                               "s",
                               "a",
                               "b",
                               "(0",
                               "(N",
                               "NN",
                               "}(Nu",
                               "N(u",
                               "]((e",
                               "h\x05",
                               "j\xff\xff\xff\xff",
                               "q",
                               "\x94",
                               "X\xff\xff\xff\xff",
                               "cx",
                               "\x93",
                               "K"}) {
        INFO(broken);
        CHECK_THROWS_AS(tree_of(with_storage(broken)), Error);
    }
    check_contains(refusal(with_storage("}r\xff\xff\xff\xff")), "memo index 4294967295 is out of range");
    check_contains(refusal(with_storage("\x8d" + le(~uint64_t{0}))), "bytes of text");
    check_contains(refusal(with_storage("\x95" + le(uint64_t{1} << 60))), "a frame of");
    check_contains(refusal(with_storage("\x8a\x09" + std::string(9, '\x01'))), "an integer of 9 bytes");
}

TEST_CASE("hostile nesting ends in an error, not in recursion") {
    // A dictionary in itself; lists in lists; lists that hold each other twice; a dead tower nobody refers
    // to.
    check_contains(refusal(with_storage("}q\x01" + pickle::concat("self") + "h\x01s")), "inside themselves");
    check_contains(refusal(with_storage(repeated("]", 30000) + repeated("a", 29999))), "nested more than");
    check_contains(refusal(with_storage("]" + repeated("2a", 3))), "inside themselves");
    std::string doubling =
        "]q\x01"
        "0";
    for (char level = 1; level < 28; ++level) {
        const std::string below(1, level), here(1, static_cast<char>(level + 1));
        doubling += "]q" + here + "h" + below + "ah" + below + "a0";
    }
    check_contains(refusal(with_storage(doubling + "h\x1c")), "contain each other too often");
    check_contains(refusal(with_storage(repeated("]", 30000) + repeated("a", 29999) + "0}")),
                   "without tensors");
}

TEST_CASE("names are bounded, printable and unique") {
    const std::string tensor = pickle::tensor_f32("0", {12});
    check_contains(refusal(with_storage(pickle::dict({{"x", tensor}, {"x", tensor}}))),
                   "two values named 'x'");
    check_contains(
        refusal(with_storage(pickle::dict({{"a", pickle::dict({{"b", tensor}})}, {"a.b", tensor}}))),
        "two values");
    check_contains(refusal(with_storage(pickle::dict({{"", tensor}}))), "of 0 bytes");
    check_contains(refusal(with_storage(pickle::dict({{"a\nb", tensor}}))), "'a?b'");
    check_contains(refusal(with_storage(pickle::dict({{std::string(257, 'n'), tensor}}))), "of 257 bytes");
    const std::string half(200, 'n');
    check_contains(refusal(with_storage(pickle::dict({{half, pickle::dict({{half, tensor}})}}))),
                   "of 401 bytes");
}

TEST_CASE("zip archives that lie are refused") {
    const std::string object = pickle::whole(pickle::dict({{"x", pickle::tensor_f32("0", {12})}}));
    const auto with = [&](auto change) {
        auto parts = pth_parts(object, {{"0", ramp<float>(12)}});
        change(parts);
        return zip(parts);
    };
    check_contains(refusal(with([](auto& parts) { parts[1].method = 8; }), Code::unsupported),
                   "compressed or encrypted");
    check_contains(refusal(with([](auto& parts) { parts[1].flags = 1; }), Code::unsupported),
                   "compressed or encrypted");
    check_contains(refusal(with([](auto& parts) { parts[1].header_at = 0; })), "reaches past");
    check_contains(refusal(with([](auto& parts) { parts[1].size_claim = 49; })), "found 48");
    check_contains(refusal(with([](auto& parts) { parts[2].header_at = 0xfffffff0; })), "reaches past");
    check_contains(refusal(with([](auto& parts) { parts[2].name = parts[1].name; })), "two zip members");
    check_contains(refusal(with([](auto& parts) { parts[2].name = "b/data.pkl"; })),
                   "more than one data.pkl");
    check_contains(
        refusal(with([](auto& parts) { parts.push_back({.name = "any/byteorder", .data = "big"}); }),
                Code::unsupported),
        "big-endian");
    const auto extra = [](uint64_t value) { return le(uint16_t{1}) + le(uint16_t{8}) + le(value); };
    check_contains(refusal(with([&](auto& parts) {
                       parts[1].header_at = 0xffffffff;
                       parts[1].extra = extra(~uint64_t{0} - 8);
                   })),
                   "reaches past");
    check_contains(refusal(with([&](auto& parts) { parts[1].size_claim = 0xffffffff; })), "reaches past");
    std::string renamed = with([](auto&) {});
    renamed[renamed.find("any/data/0")] = 'A';
    check_contains(refusal(renamed), "another name than the directory");
}

TEST_CASE("ZIP64 records that lie are refused") {
    const auto parts = pth_parts(pickle::whole(pickle::dict({})), {});
    const auto message = [&](const Zip64Claims& claims) { return refusal(zip(parts, &claims)); };
    check_contains(message({.record_at = ~uint64_t{0}}), "expected data at byte");
    check_contains(message({.record_at = 0}), "not at byte 0");
    check_contains(message({.entries = uint64_t{1} << 60}), "entries do not fit");
    check_contains(message({.entries = 1}), "too long for its entries");
    check_contains(message({.directory_bytes = ~uint64_t{0}}), "does not fit before byte");
    check_contains(message({.directory_at = ~uint64_t{0} - 4}), "does not fit before byte");
    check_contains(message({.directory_at = 1}), "no entry at byte 0");
    std::string disagreeing = zip(parts, nullptr);
    const Zip64Claims honest;
    disagreeing = zip(parts, &honest);
    disagreeing[disagreeing.size() - 10] ^= 1;  // the directory's size in the plain record
    check_contains(refusal(disagreeing), "where the plain record says");
}

TEST_CASE("element types of quantised weights are refused as such") {
    const auto with = [](const char* module, const char* name) {
        return refusal(with_storage(pickle::dict({{"x", pickle::global(module, name)}})), Code::unsupported);
    };
    check_contains(with("torch", "float8_e4m3fn"), "weights that another program quantised are not read");
    check_contains(with("rwkv_quant.formats.schema", "QuantizedCheckpoint"), "another program quantised");
    check_contains(with("os", "system"), "nothing was run");
}

TEST_CASE("only RWKV's own LoRA names are transposed, under any known wrapper") {
    const std::string matrix = pickle::tensor_f32("0", {3, 4});
    for (const char* prefix : {"", "module.", "model.", "state_dict.", "state_dict.module."}) {
        const std::string at(prefix);
        const std::string file = with_storage(pickle::dict({{at + "blocks.0.att.w1", matrix},
                                                            {at + "blocks.12.qkv.k2", matrix},
                                                            {at + "blocks.0.att.key.weight", matrix},
                                                            {at + "blocks.x.att.w1", matrix}}));
        const Checkpoint model = read_pth(as_bytes(file), "some.pth");
        CHECK(model.tensors.at("blocks.0.att.w1").shape_text() == "4x3");
        CHECK(model.tensors.at("blocks.12.qkv.k2").shape_text() == "4x3");
        CHECK(model.tensors.at("blocks.0.att.key.weight").shape_text() == "3x4");
        CHECK(model.tensors.at("blocks.x.att.w1").shape_text() == "3x4");
    }
    check_contains(refusal(with_storage(pickle::dict({{"blocks.0.att.w1", pickle::tensor_f32("0", {12})}})),
                           Code::bad_shape),
                   "expected a matrix");
    check_contains(refusal(with_storage(pickle::dict({{"_strategy", pickle::concat("cpu")}, {"x", matrix}})),
                           Code::unsupported),
                   "ChatRWKV");
}
