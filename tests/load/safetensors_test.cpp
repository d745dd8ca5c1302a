// Safetensors files: what was written reads back, and nothing that a file says is believed.
#include "runtime/load/safetensors/safetensors.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "runtime/load/bytes.h"
#include "tests/support/allocation_meter.h"
#include "tests/support/file_builder.h"
#include "tests/support/log_lines.h"
#include "tests/support/reference_folder.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

using namespace rwkvk::load;
using namespace rwkvk::test;
using rwkvk::Code;
using rwkvk::Error;

namespace {

std::string container(const std::string& header, const std::string& data = "") {
    return le(uint64_t{header.size()}) + header + data;
}

/// One entry of a header.
std::string entry(const std::string& name, const std::string& type, const std::string& shape, uint64_t begin,
                  uint64_t end) {
    return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":" + shape + ",\"data_offsets\":[" +
           std::to_string(begin) + "," + std::to_string(end) + "]}";
}

std::string f32_pair(uint64_t begin_a, uint64_t end_a, uint64_t begin_b, uint64_t end_b) {
    return container(
        "{" + entry("a", "F32", "[2]", begin_a, end_a) + "," + entry("b", "F32", "[2]", begin_b, end_b) + "}",
        ramp<float>(4));
}

const std::string good =
    container(R"({"__metadata__":{"format":"pt","é":"\u00e9"},)" + entry("m", "F32", "[2,3]", 2, 26) + "," +
                  entry("scalar", "BF16", "[]", 0, 2) + "," + entry("empty", "I64", "[0,9]", 26, 26) + "," +
                  entry("bytes", "U8", "[1,1,3]", 26, 29) + "}   ",
              le(uint16_t{0x3f80}) + ramp<float>(6) + "abc");

std::string refusal(const std::string& file, Code code = Code::bad_file) {
    return refusal_of([&] { read_safetensors(as_bytes(file), "some.st"); }, code);
}

std::vector<float> floats_of(const TensorView& view) {
    std::vector<float> values(view.elements());
    view.copy(0, values.size(), reinterpret_cast<std::byte*>(values.data()));
    return values;
}

/// Everything the reader hands out lies inside the file, and it took no more memory than it may.
void check_survives(const std::string& file) {
    const auto copy = std::make_unique<std::byte[]>(file.size());
    std::ranges::copy(as_bytes(file), copy.get());
    const AllocationMeter meter;
    try {
        const Safetensors read = read_safetensors({copy.get(), file.size()}, "hostile");
        uint64_t total_bytes = 0;
        for (const auto& [name, view] : read.contents.tensors) {
            std::vector<std::byte> stored(view.elements() * bytes_of(view.dtype));
            view.copy(0, view.elements(), stored.data());
            total_bytes += stored.size();
        }
        CHECK(total_bytes <= file.size());
    } catch (const Error& error) {
        CHECK(std::string(error.what()).find('\n') == std::string::npos);
    }
    CHECK(meter.peak_bytes() <= 4 * file.size() + (size_t{16} << 20));
}

std::string mutated(std::string file, std::mt19937_64& random) {
    static const std::string bytes = "{}[],:\"0123456789\\\xff";
    for (size_t edits = 1 + random() % 4; edits > 0; --edits) {
        const size_t at = random() % file.size();
        switch (random() % 4) {
            case 0:
                file[at] = static_cast<char>(file[at] ^ (1 << random() % 8));
                break;
            case 1:
                file[at] = bytes[random() % bytes.size()];
                break;
            case 2:
                file.insert(at, file.substr(random() % file.size(), 1 + random() % 16));
                break;
            default:
                if (file.size() > 32) file.erase(at, 1 + random() % 8);
        }
    }
    return file;
}

}  // namespace

TEST_CASE("tensors of any order, scalars, empty tensors, metadata and padding are read") {
    const Safetensors read = read_safetensors(as_bytes(good), "some.st");
    CHECK(read.metadata == Metadata{{"format", "pt"}, {"é", "é"}});
    const auto& tensors = read.contents.tensors;
    CHECK(tensors.size() == 4);
    CHECK(floats_of(tensors.at("m")) == std::vector<float>{0, 1, 2, 3, 4, 5});
    CHECK(tensors.at("m").strides == std::vector<uint64_t>{3, 1});
    CHECK(tensors.at("scalar").shape_text() == "scalar");
    CHECK(tensors.at("scalar").dtype == DType::bf16);
    CHECK(tensors.at("empty").elements() == 0);
    CHECK(as_text({tensors.at("bytes").data, 3}) == "abc");
    CHECK(read_safetensors(as_bytes(container("{}")), "some.st").contents.tensors.empty());
}

TEST_CASE("every element type has its size") {
    for (const auto& [name, size_bytes] : std::vector<std::pair<std::string, uint64_t>>{{"F32", 4},
                                                                                        {"F16", 2},
                                                                                        {"BF16", 2},
                                                                                        {"F64", 8},
                                                                                        {"U8", 1},
                                                                                        {"I8", 1},
                                                                                        {"I16", 2},
                                                                                        {"I32", 4},
                                                                                        {"I64", 8},
                                                                                        {"BOOL", 1}}) {
        INFO(name);
        const std::string data(3 * size_bytes, '\0');
        const std::string file = container("{" + entry("x", name, "[3]", 0, 3 * size_bytes) + "}", data);
        CHECK(read_safetensors(as_bytes(file), "some.st").contents.tensors.at("x").elements() == 3);
        const std::string wrong = container("{" + entry("x", name, "[2]", 0, 3 * size_bytes) + "}", data);
        check_contains(refusal(wrong), "tensor 'x' of 2 ");
    }
}

TEST_CASE("tensors that overlap, leave holes or lie outside are refused") {
    CHECK_NOTHROW(read_safetensors(as_bytes(f32_pair(0, 8, 8, 16)), "some.st"));
    CHECK_NOTHROW(read_safetensors(as_bytes(f32_pair(8, 16, 0, 8)), "some.st"));
    check_contains(refusal(f32_pair(0, 8, 4, 12)), "tensor 'b' starts at byte 4 of the data, expected 8");
    check_contains(refusal(f32_pair(0, 8, 0, 8)), "tensor 'b' starts at byte 0 of the data, expected 8");
    check_contains(refusal(f32_pair(1, 9, 9, 17)), "increasing offsets up to 16");
    check_contains(refusal(f32_pair(8, 0, 8, 16)), "tensor 'a': expected two increasing offsets");
    check_contains(refusal(f32_pair(UINT64_MAX - 7, UINT64_MAX, 8, 16)), "increasing offsets");
    const std::string hole = container("{" + entry("a", "F32", "[2]", 8, 16) + "}", ramp<float>(4));
    check_contains(refusal(hole), "tensor 'a' starts at byte 8 of the data, expected 0");
    const std::string rest = container("{" + entry("a", "F32", "[2]", 0, 8) + "}", ramp<float>(4));
    check_contains(refusal(rest), "the tensors end at byte 8 of the data, expected 16");
    check_contains(refusal(container("{}", "x")), "the tensors end at byte 0 of the data, expected 1");
    const std::string inside = container(
        "{" + entry("a", "F32", "[2]", 0, 8) + "," + entry("b", "F32", "[0]", 4, 4) + "}", ramp<float>(2));
    check_contains(refusal(inside), "tensor 'b' starts at byte 4 of the data, expected 8");
}

TEST_CASE("shapes that do not fit their bytes are refused without overflow") {
    const auto shaped = [](const std::string& shape) {
        return container("{" + entry("x", "F32", shape, 0, 16) + "}", ramp<float>(4));
    };
    CHECK_NOTHROW(read_safetensors(as_bytes(shaped("[1,4,1,1,1,1,1,1]")), "some.st"));
    check_contains(refusal(shaped("[3]")), "tensor 'x' of 3 f32 does not fill its 16 bytes");
    check_contains(refusal(shaped("[4611686018427387908]")), "does not fill");  // 4 more than 2^64 / 4
    check_contains(refusal(shaped("[4294967296,4294967296]")), "does not fill");
    check_contains(refusal(shaped("[18446744073709551615,18446744073709551615,0]")), "does not fill");
    check_contains(refusal(shaped("[-4]")), "a whole number from 0");
    check_contains(refusal(shaped("[4.0]")), "a whole number from 0");
    check_contains(refusal(shaped("4")), "expected an array");
    check_contains(refusal(shaped("[1,1,1,1,1,1,1,1,4]"), Code::unsupported), "more than 8 dimensions");
}

TEST_CASE("headers that cannot be are refused") {
    check_contains(refusal(""), "expected 8 bytes of header length");
    check_contains(refusal(le(uint64_t{3}) + "{}"), "header of at most 2 bytes at byte 8, found one of 3");
    check_contains(refusal(le(UINT64_MAX) + "{}"), "found one of 18446744073709551615");
    check_contains(refusal(le(uint64_t{0}) + "{}"), "expected a value at byte 0, found the end");
    check_contains(refusal(container(" {}")), "expected '{' at byte 8, found ' '");
    check_contains(refusal(container("{")), "some.st: safetensors header: expected");
    check_contains(refusal(container(R"({"a":1})")), "expected an object at byte 5, found a number");
    check_contains(refusal(container(R"({"a":{}})")), "expected the key 'dtype'");
    check_contains(refusal(container(R"({"a":{"dtype":"F32"}})")), "expected the key 'shape'");
    check_contains(refusal(container(R"({"a":{"dtype":"F32","shape":[0]}})")), "the key 'data_offsets'");
    check_contains(refusal(container(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0]}})")),
                   "two increasing offsets");
    check_contains(refusal(container(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0,0]}})")),
                   "two increasing offsets");
    check_contains(refusal(container("{" + entry("a", "F8_E5M2", "[0]", 0, 0) + "}"), Code::unsupported),
                   "type 'F8_E5M2', expected one of");
    check_contains(refusal(container("{" + entry("\\u001b[2J", "F32", "[0]", 0, 0) + "}")), "'?[2J'");
    const std::string twice = entry("a", "F32", "[0]", 0, 0);
    check_contains(refusal(container("{" + twice + "," + twice + "}")), "'a' at byte 54 is there already");
}

TEST_CASE("metadata that is odd is passed over with one warning, what else it says is kept") {
    const LogLines log;
    const std::string file = container(R"({"__metadata__":{"a":1,"b":"c","d":null}})");
    CHECK(read_safetensors(as_bytes(file), "some.st").metadata == Metadata{{"b", "c"}});
    REQUIRE(log.warnings().size() == 1);
    check_contains(log.warnings()[0], "some.st: metadata 'a': expected a text");
    const std::string list = container(R"({"__metadata__":[]})");
    CHECK(read_safetensors(as_bytes(list), "some.st").metadata.empty());
    CHECK(log.warnings().size() == 2);
}

TEST_CASE("quantised elements are refused as such") {
    for (const char* type : {"F8_E4M3", "F8_E5M2", "F4", "U32"}) {
        INFO(type);
        check_contains(refusal(container("{" + entry("a", type, "[0]", 0, 0) + "}"), Code::unsupported),
                       "weights that another program quantised");
    }
    check_contains(refusal(container("{" + entry("a", "C64", "[0]", 0, 0) + "}"), Code::unsupported),
                   "convert the file");
}

TEST_CASE("a header over the format's limit is refused before it is looked at") {
    const std::string file = le(uint64_t{100'000'001}) + std::string(100'000'002, '{');
    const AllocationMeter meter;
    check_contains(refusal(file), "at most 100000000 bytes at byte 8, found one of 100000001");
    CHECK(meter.peak_bytes() < 4096);
}

TEST_CASE("a file cut off anywhere is refused") {
    for (size_t size = 0; size < good.size(); ++size) {
        INFO("first ", size, " bytes");
        refusal(good.substr(0, size));
        check_survives(good.substr(0, size));
    }
}

TEST_CASE("mutated files are read or refused, within memory and bounds") {
    check_survives(good);
    for (uint64_t seed = 0; seed < 20'000; ++seed) {
        INFO("seed ", seed);
        std::mt19937_64 random(seed);
        std::string file = mutated(good, random);
        // Most edits change the header's length, which is the first thing that is checked.
        if (random() % 2) file.replace(0, 8, le(uint64_t{file.find("}   ") + 4 - 8}));
        check_survives(file);
    }
}

TEST_CASE("very many tensors, entries of metadata or values are refused within memory") {
    std::string tensors = "{", metadata = R"({"__metadata__":{)", values;
    for (size_t i = 0; i < 100'000; ++i) {
        tensors += (i ? "," : "") + entry(std::to_string(i), "U8", "[0]", 0, 0);
        values += "0,0,0,0,";
        metadata += (i ? ",\"" : "\"") + std::to_string(i) + "\":\"\"";
    }
    check_contains(refusal(container(tensors + "}")), "tensors");
    check_contains(refusal(container(metadata + "}}")), "entries of metadata");
    check_contains(refusal(container("{\"x\":[" + values + "0]}")), "values at byte ");
    check_survives(container(tensors + "}"));
    check_survives(container(metadata + "}}"));
}

TEST_CASE("what was written reads back, byte for byte the same each time") {
    const TemporaryFolder folder;
    const std::string path = folder / "new.st";
    const std::vector<float> values = {1, -2.5f, 3e-30f, 4};
    const std::vector<TensorToWrite> tensors = {{"b", {2, 1}, std::span(values).first(2)},
                                                {"a\"\\", {}, std::span(values).subspan(2, 1)},
                                                {"none", {0}, {}},
                                                {"a", {1}, std::span(values).last(1)}};
    const Metadata metadata = {{"quote", "\"\\\n"}, {"é", "中"}};
    write_safetensors(path, tensors, metadata);
    const Safetensors read = open_safetensors(path);
    CHECK(read.metadata == metadata);
    CHECK(read.contents.tensors.size() == 4);
    CHECK(floats_of(read.contents.tensors.at("b")) == std::vector<float>{1, -2.5f});
    CHECK(floats_of(read.contents.tensors.at("a\"\\")) == std::vector<float>{3e-30f});
    CHECK(read.contents.tensors.at("b").shape_text() == "2x1");
    const std::string first = contents_of(path);
    uint64_t header_bytes;
    std::memcpy(&header_bytes, first.data(), sizeof header_bytes);
    CHECK(header_bytes % 8 == 0);
    CHECK(nlohmann::json::parse(first.substr(8, header_bytes))["b"]["data_offsets"][1] == 8);
    write_safetensors(path, tensors, metadata);
    CHECK(contents_of(path) == first);
    CHECK(folder.names() == std::vector<std::string>{"new.st"});
}

TEST_CASE("when the disk is full the old file stays and no other is left") {
    const TemporaryFolder folder;
    const std::string path = folder / "kept.st";
    const std::vector<float> values(100'000, 1.0f);
    const TensorToWrite large{"x", {values.size()}, values};
    std::ofstream(path) << "old";
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{.rlim_cur = 4096, .rlim_max = before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const std::string message = refusal_of([&] { write_safetensors(path, {&large, 1}, {}); }, Code::io);
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, old_handler);
    check_contains(message, "kept.st: cannot be written: File too large");
    CHECK(contents_of(path) == "old");
    CHECK(folder.names() == std::vector<std::string>{"kept.st"});
}

TEST_CASE("a link keeps leading to the file, what is no file is left alone") {
    const TemporaryFolder folder;
    std::ofstream(folder / "file") << "old";
    std::filesystem::create_symlink("file", folder / "link");
    write_safetensors(folder / "link", {}, {});
    CHECK(std::filesystem::is_symlink(folder / "link"));
    CHECK(open_safetensors(folder / "file").contents.tensors.empty());
    const auto message = [](const std::string& path) {
        return refusal_of([&] { write_safetensors(path, {}, {}); }, Code::io);
    };
    check_contains(message("/dev/null"), "/dev/null: cannot be written: not a regular file");
    CHECK(std::filesystem::is_character_file("/dev/null"));
    check_contains(message(folder / "."), "not a regular file");
    check_contains(message(folder / "missing/new.st"), "new.st: cannot be created: No such file");
    refusal_of([&] { open_safetensors(folder / "missing"); }, Code::io);
}
