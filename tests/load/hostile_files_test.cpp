// Whatever a file says, reading it ends in a result or an Error, in bounded memory, with views inside the
// file. Own executable: allocation_meter.cpp replaces operator new.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "host/error.h"
#include "runtime/load/bytes.h"
#include "runtime/load/gguf/gguf_container.h"
#include "runtime/load/pth/zip.h"
#include "runtime/load/tensor.h"
#include "tests/support/allocation_meter.h"
#include "tests/support/file_builder.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/reference_folder.h"

using namespace rwkvk::load;
using namespace rwkvk::test;
using rwkvk::Error;

namespace {

constexpr size_t fixed_budget_bytes = size_t{16} << 20;

struct Range {
    size_t begin;
    size_t end;
};

/// A good file and the parts of it that a parser interprets.
struct Sample {
    std::string name;
    std::string file;
    std::vector<Range> structured;
};

/// A good pickle, and how to make a file of a bad one.
struct PickleSample {
    std::string name;
    std::string pickle_bytes;
    std::vector<ZipPart> others;
};

void touch(const TensorView& view, std::span<const std::byte> file) {
    const uint64_t elements = view.elements();
    const Block block = block_of(view.dtype);
    CHECK(elements % block.elements == 0);
    CHECK(elements / block.elements * block.bytes <= file.size());
    CHECK(view.data >= file.data());
    CHECK(view.data <= file.data() + file.size());
    if (elements == 0) return;
    std::vector<std::byte> stored(block.bytes);
    view.copy(0, block.elements, stored.data());
    view.copy(elements - block.elements, block.elements, stored.data());
}

bool check_survives(std::span<const std::byte> file) {
    const AllocationMeter meter;
    bool accepted = false;
    try {
        const Checkpoint model = read_checkpoint(file, "hostile");
        for (const auto& [name, tensor] : model.tensors) touch(tensor, file);
        accepted = true;
    } catch (const Error& error) {
        CHECK(error.what()[0] != '\0');
    }
    CHECK(meter.peak_bytes() <= 4 * file.size() + fixed_budget_bytes);
    return accepted;
}

/// Reads a copy that ends where the allocation ends, so that a sanitizer sees one byte too many.
bool check_survives_exact(std::string_view file) {
    const auto copy = std::make_unique<std::byte[]>(file.size());
    std::copy_n(as_bytes(file).begin(), file.size(), copy.get());
    return check_survives({copy.get(), file.size()});
}

size_t mutations_wanted() {
    const char* given = std::getenv("RWKVK_MUTATIONS");
    return given ? std::strtoul(given, nullptr, 10) : 500;
}

using Random = std::mt19937_64;

size_t below(Random& random, size_t limit) { return static_cast<size_t>(random() % limit); }

/// Values at which arithmetic goes wrong, in a random width.
std::string edge_value(Random& random, size_t file_size_bytes) {
    const uint64_t values[] = {0,
                               1,
                               0x7f,
                               0x80,
                               0xff,
                               0xffff,
                               0x7fffffff,
                               0x80000000,
                               0xffffffff,
                               0x7fffffffffffffff,
                               0x8000000000000000,
                               ~uint64_t{0},
                               file_size_bytes,
                               file_size_bytes - 1,
                               random()};
    constexpr size_t widths[] = {1, 2, 4, 8};
    return le(values[below(random, std::size(values))]).substr(0, widths[below(random, std::size(widths))]);
}

/// Up to four edits inside of the structured parts, undone afterwards: samples can be large.
void mutate_and_check(Sample& sample, uint64_t seed) {
    INFO(sample.name, ", seed ", seed);
    Random random(seed);
    std::vector<std::pair<size_t, std::string>> undo;
    for (size_t edits = 1 + below(random, 4); edits > 0; --edits) {
        const Range range = sample.structured[below(random, sample.structured.size())];
        const size_t at = range.begin + below(random, range.end - range.begin);
        std::string edit = edge_value(random, sample.file.size());
        if (below(random, 2) == 0)
            edit = std::string(1, static_cast<char>(sample.file[at] ^ (1 << below(random, 8))));
        edit.resize(std::min(edit.size(), range.end - at));
        undo.emplace_back(at, sample.file.substr(at, edit.size()));
        sample.file.replace(at, edit.size(), edit);
    }
    if (sample.file.size() < 65536) {
        check_survives_exact(sample.file);
    } else {
        check_survives(as_bytes(sample.file));
    }
    for (; !undo.empty(); undo.pop_back())
        sample.file.replace(undo.back().first, undo.back().second.size(), undo.back().second);
}

/// Edits that also move what follows: bytes or whole slices inserted, removed, repeated.
std::string mutated(std::string bytes, Random& random) {
    for (size_t edits = 1 + below(random, 4); edits > 0 && !bytes.empty(); --edits) {
        const size_t at = below(random, bytes.size());
        const size_t count = 1 + below(random, std::min<size_t>(16, bytes.size() - at));
        switch (below(random, 5)) {
            case 0:
                bytes[at] = static_cast<char>(random());
                break;
            case 1:
                bytes.erase(at, count);
                break;
            case 2:
                bytes.insert(at, bytes.substr(below(random, bytes.size()), count));
                break;
            case 3:
                bytes.insert(at, edge_value(random, bytes.size()));
                break;
            default:
                bytes.replace(at, 1, 1, "()0a2NQRtsu}]b.\x85\x94"[below(random, 17)]);
                break;
        }
    }
    return bytes;
}

std::string file_of(const PickleSample& sample, const std::string& pickle_bytes) {
    std::vector<ZipPart> parts = sample.others;
    parts.push_back({.name = "any/data.pkl", .data = pickle_bytes});
    return zip(parts);
}

// Zip: the headers before the members, all of the pickle, and everything from the directory on.
Sample zip_sample(const std::string& name, std::string file) {
    Sample sample{.name = name, .file = std::move(file), .structured = {}};
    const ZipArchive archive(as_bytes(sample.file), name);
    size_t data_end = 0;
    for (const ZipMember& member : archive.members()) {
        const auto data = archive.data(member);
        const auto begin = static_cast<size_t>(data.data() - as_bytes(sample.file).data());
        const bool all = member.name.ends_with("/data.pkl");
        sample.structured.push_back({member.header, begin + (all ? data.size() : 0)});
        data_end = std::max(data_end, begin + data.size());
    }
    sample.structured.push_back({data_end, sample.file.size()});
    return sample;
}

PickleSample pickle_sample(const std::string& name, const std::string& file) {
    PickleSample sample{.name = name + " (pickle)", .pickle_bytes = {}, .others = {}};
    const ZipArchive archive(as_bytes(file), name);
    for (const ZipMember& member : archive.members()) {
        const std::string data(as_text(archive.data(member)));
        const size_t root = member.name.find('/');
        if (member.name.ends_with("/data.pkl")) {
            sample.pickle_bytes = data;
        } else {
            sample.others.push_back({.name = "any" + std::string(member.name.substr(root)), .data = data});
        }
    }
    return sample;
}

// rwkv.cpp: the header and each tensor's header.
Sample bin_sample(const std::string& name, std::string file) {
    Sample sample{.name = name, .file = std::move(file), .structured = {{0, 24}}};
    ByteReader in(as_bytes(sample.file), name);
    in.seek(24);
    while (in.left() > 0) {
        const size_t begin = in.position();
        const auto dim_count = in.read<uint32_t>("");
        const auto name_bytes = in.read<uint32_t>("");
        const auto type = in.read<int32_t>("");
        uint64_t elements = 1;
        for (uint32_t i = 0; i < dim_count; ++i) elements *= in.read<uint32_t>("");
        in.take(name_bytes, "");
        sample.structured.push_back({begin, in.position()});
        in.take(*stored_bytes(type == 0 ? DType::f32 : type == 1 ? DType::f16 : DType::q5_1, elements), "");
    }
    return sample;
}

std::string built_object() {
    const std::string matrix = pickle::tensor_f32("0", {3, 4});
    const std::string turned = pickle::tensor(pickle::storage("HalfStorage", "1", 12),
                                              {.size = {4, 2}, .stride = {1, 4}, .offset = 3});
    return pickle::dict(
        {{"state_dict", pickle::dict({{"emb.weight", matrix},
                                      {"blocks.0.att.w1", turned},
                                      {"p", pickle::call("torch._utils", "_rebuild_parameter",
                                                         {matrix, "\x88", pickle::none()})}})},
         {"steps", pickle::list({pickle::integer(3), "q\x01h\x01", "G" + std::string(8, '\x40')})}});
}

const Storages built_storages = {{"0", ramp<float>(12)}, {"1", ramp<uint16_t>(12)}};

std::string built_legacy() {
    return legacy_pth(
        pickle::dict({{"x", pickle::tensor_f32("7", {3})}, {"y", pickle::tensor_f32("8", {2, 2})}}),
        pickle::list({pickle::concat("7"), pickle::concat("8")}),
        le(uint64_t{3}) + ramp<float>(3) + le(uint64_t{4}) + ramp<float>(4));
}

std::string built_bin() {
    return rwkv_cpp_header() + rwkv_cpp_tensor("blocks.0.att.r_k", {4, 1}, 0, ramp<float>(4)) +
           rwkv_cpp_tensor("blocks.0.att.x_rwkvag", {4, 1, 6}, 0, ramp<float>(24)) +
           rwkv_cpp_tensor("blocks.0.att.key.weight", {32, 2}, 8, std::string(48, 'q')) +
           rwkv_cpp_tensor("emb.weight", {4, 8}, 1, ramp<uint16_t>(32));
}

// Safetensors: everything before the data.
Sample safetensors_sample(const std::string& name, std::string file) {
    ByteReader in(as_bytes(file), name);
    const size_t end = 8 + in.read<uint64_t>("");
    return {.name = name, .file = std::move(file), .structured = {{0, end}}};
}

std::string built_safetensors() {
    const std::string header = R"({"__metadata__":{"format":"pt"},)"
                               R"("emb.weight":{"dtype":"BF16","shape":[3,4],"data_offsets":[0,24]},)"
                               R"("blocks.0.att.w1":{"dtype":"F32","shape":[4,2],"data_offsets":[24,56]}})";
    return le(uint64_t{header.size()}) + header + ramp<uint16_t>(12) + ramp<float>(8);
}

/// Under the names of flash-linear-attention, with joined mixes.
std::string built_renamed() {
    const std::string header =
        R"({"model.embeddings.weight":{"dtype":"BF16","shape":[3,4],"data_offsets":[0,24]},)"
        R"("model.layers.0.attn.r_k":{"dtype":"F32","shape":[1,4],"data_offsets":[24,40]},)"
        R"("model.layers.0.attn.w_lora.lora.0.weight":{"dtype":"F16","shape":[2,4],"data_offsets":[40,56]},)"
        R"("model.layers.0.attn.x_x":{"dtype":"F16","shape":[6,1,4],"data_offsets":[56,104]}})";
    return le(uint64_t{header.size()}) + header + ramp<uint16_t>(12) + ramp<float>(4) + ramp<uint16_t>(32);
}

std::string built_gguf() {
    gguf::File file = gguf::with_vocabulary({"<s>", R"(\xff\n)", "it's"}, {3, 1, 5});
    file.metadata.push_back(gguf::entry_u32("general.alignment", 32));
    file.metadata.push_back(gguf::entry_u16("split.count", 1));
    file.metadata.push_back(gguf::entry_text("general.name", "built"));
    file.tensors.push_back({"blk.0.time_mix_lerp_fused.weight", {4, 1, 1, 6}, gguf::f32, ramp<float>(24)});
    file.tensors.push_back({"blk.0.time_mix_key.weight", {32, 2}, gguf::q8_0, std::string(68, 'q')});
    file.tensors.push_back({"blk.0.time_mix_v0.weight", {1}, gguf::bf16, "12"});
    return gguf::build(file);
}

std::string built_gguf6() {
    const std::string a = "rwkv6.";
    gguf::File file{.metadata = {gguf::entry_text("general.architecture", "rwkv6"),
                                 gguf::entry_u32(a + "wkv.head_size", 2),
                                 gguf::entry_u32(a + "rescale_every_n_layers", 1),
                                 gguf::entry_f32(a + "attention.group_norm_epsilon", 1e-4f)},
                    .tensors = {{"token_embd.weight", {4, 3}, gguf::f16, ramp<uint16_t>(12)}}};
    file.tensors.push_back({"blk.1.time_mix_lerp_fused.weight", {4, 1, 1, 5}, gguf::f32, ramp<float>(20)});
    file.tensors.push_back({"blk.1.time_mix_first.weight", {4}, gguf::f32, ramp<float>(4)});
    file.tensors.push_back({"blk.9.time_mix_output.weight", {32, 2}, gguf::q8_0, std::string(68, 'q')});
    return gguf::build(file);
}

// GGUF: everything before the first tensor.
Sample gguf_sample(const std::string& name, std::string file) {
    const auto contents = read_gguf_container(std::vector{GgufFile{as_bytes(file), name}});
    const std::byte* data = as_bytes(file).data() + file.size();
    for (const auto& tensor : contents.tensors) data = std::min(data, tensor.bytes.data());
    const auto end = static_cast<size_t>(data - as_bytes(file).data());
    return {.name = name, .file = std::move(file), .structured = {{0, end}}};
}

std::vector<Sample> samples() {
    const Zip64Claims honest;
    const auto parts = pth_parts(pickle::whole(built_object()), built_storages);
    const std::string legacy = built_legacy();
    std::vector<Sample> all = {zip_sample("built.pth", zip(parts)),
                               zip_sample("built64.pth", zip(parts, &honest)),
                               {"legacy.pth", legacy, {{0, legacy.size()}}},
                               bin_sample("built.bin", built_bin()),
                               gguf_sample("built.gguf", built_gguf()),
                               gguf_sample("built6.gguf", built_gguf6()),
                               safetensors_sample("built.st", built_safetensors()),
                               safetensors_sample("renamed.st", built_renamed())};
    const auto golden = reference("golden");
    if (!golden) return all;
    for (const auto& entry : std::filesystem::directory_iterator(*golden / "pth_variants")) {
        if (entry.path().extension() != ".pth") continue;
        const std::string name = entry.path().filename().string();
        const std::string file = contents_of(entry.path());
        all.push_back(file[0] == 'P' ? zip_sample(name, file) : Sample{name, file, {{0, file.size()}}});
    }
    all.push_back(zip_sample("v7.0", contents_of(*golden / "v7.0/model-bf16.pth")));
    all.push_back(gguf_sample("golden.gguf", contents_of(*golden / "gguf/rwkv7-head64-q8_0.gguf")));
    all.push_back(bin_sample("7v0", contents_of(*golden / "rwkv.cpp/tiny-rwkv-7v0-834K-FP16.bin")));
    all.push_back(bin_sample("7v0q", contents_of(*golden / "rwkv.cpp/tiny-rwkv-7v0-834K-Q5_1.bin")));
    return all;
}

std::vector<PickleSample> pickle_samples() {
    std::vector<PickleSample> all = {pickle_sample("built.pth", pth(built_object(), built_storages))};
    const auto golden = reference("golden/pth_variants");
    if (!golden) return all;
    for (const auto& entry : std::filesystem::directory_iterator(*golden)) {
        const std::string file = contents_of(entry.path());
        if (entry.path().extension() == ".pth" && file[0] == 'P') {
            all.push_back(pickle_sample(entry.path().filename().string(), file));
        }
    }
    return all;
}

std::string repeated(const std::function<std::string(uint32_t)>& piece, uint32_t times) {
    std::string out;
    for (uint32_t i = 0; i < times; ++i) out += piece(i);
    return out;
}

void check_pickle(const char* name, const std::string& object) {
    INFO(name);
    check_survives_exact(pth(object, {{"0", ramp<float>(12)}}));
    check_survives_exact(legacy_pth(object, pickle::list({}), ""));
}

}  // namespace

TEST_CASE("the samples themselves are accepted or refused for what they are") {
    const std::set<std::string> no_models = {"legacy.pth", "mixed_dtypes_and_non_tensors.pth",
                                             "ordered_dict_metadata.pth", "shared_storage_views.pth"};
    for (const Sample& sample : samples()) {
        INFO(sample.name);
        CHECK(check_survives_exact(sample.file) != no_models.contains(sample.name));
    }
}

TEST_CASE("files cut off at any byte of their structure") {
    for (const Sample& sample : samples()) {
        for (const Range range : sample.structured) {
            for (size_t size = range.begin; size < range.end; ++size) {
                INFO(sample.name, ", first ", size, " bytes");
                // Large files would be copied thousands of times.
                if (size < 65536) {
                    check_survives_exact(std::string_view(sample.file).substr(0, size));
                } else {
                    check_survives(as_bytes(sample.file).first(size));
                }
            }
        }
    }
}

TEST_CASE("pickles cut off at any byte, in an archive that is whole") {
    for (const PickleSample& sample : pickle_samples()) {
        for (size_t size = 0; size < sample.pickle_bytes.size(); ++size) {
            INFO(sample.name, ", first ", size, " bytes");
            check_survives_exact(file_of(sample, sample.pickle_bytes.substr(0, size)));
        }
    }
}

TEST_CASE("files with mutated structure") {
    for (Sample& sample : samples()) {
        for (size_t seed = 0; seed < mutations_wanted(); ++seed) mutate_and_check(sample, seed);
    }
}

TEST_CASE("mutated pickles in an archive that is whole") {
    for (const PickleSample& sample : pickle_samples()) {
        for (size_t seed = 0; seed < mutations_wanted(); ++seed) {
            INFO(sample.name, ", seed ", seed);
            Random random(seed);
            check_survives_exact(file_of(sample, mutated(sample.pickle_bytes, random)));
        }
    }
}

TEST_CASE("pickles that want much memory for few bytes") {
    constexpr uint32_t many = 3'000'000;
    const auto same = [](const char* piece) { return [piece](uint32_t) { return std::string(piece); }; };
    check_pickle("values", repeated(same("N"), many));
    check_pickle("marks", repeated(same("("), many));
    check_pickle("containers", repeated(same("]0"), many));
    check_pickle("nested lists", repeated(same("]"), 30000) + repeated(same("a"), 29999));
    check_pickle("list items", "]" + repeated(same("Na"), many));
    check_pickle("dictionary items", "}" + repeated(same("NNs"), many));
    check_pickle("tuples", "N" + repeated(same("\x85"), many));
    check_pickle("memo entries", "]" + repeated(same("\x94"), many));
    check_pickle("memo gap", std::string("]r\xfe\xff\x01\x00", 6));
    check_pickle("large memo gap", "]r\xff\xff\xff\xff");
    check_pickle("long class name", pickle::concat(std::string(5 * many, 'n')) + "2\x93");
    check_pickle("long storage key",
                 "}(" + pickle::concat("x") + pickle::tensor_f32(std::string(5 * many, 'k'), {3}) + "u");
    check_pickle("storages",
                 pickle::storage_id("FloatStorage", "0", 12) + "q\x01" + repeated(same("Q0h\x01"), many));
}

TEST_CASE("files with very many or very long names") {
    const auto named = [](uint32_t i) { return pickle::concat("emb." + std::to_string(i)); };
    const std::string first =
        "}(" + pickle::concat("x") + pickle::tensor_f32("0", {1, 1, 1, 1, 1, 1, 1, 1}) + "q\x01u";
    check_pickle("tensors", first + repeated([&](uint32_t i) { return named(i) + "h\x01s"; }, 100'000));
    check_pickle("integers", first + repeated([&](uint32_t i) { return named(i) + "K\x01s"; }, 100'000));
    const std::string prefix(240, 'p');
    check_pickle("long names", "}" + pickle::concat(prefix) + first +
                                   repeated([&](uint32_t i) { return named(i) + "h\x01s"; }, 100'000) + "s");
    check_survives_exact(rwkv_cpp_header() +
                         repeated(
                             [](uint32_t i) {
                                 return rwkv_cpp_tensor(std::to_string(i), {1, 1, 1}, 1, "12");
                             },
                             100'000));
    check_survives_exact(
        rwkv_cpp_header() +
        repeated(
            [](uint32_t i) {
                return rwkv_cpp_tensor(std::to_string(i) + "att.x_rwkvag", {1, 1, 6}, 1, "123456789012");
            },
            50'000));
    std::vector<ZipPart> parts;
    for (uint32_t i = 0; i < 65000; ++i) parts.push_back({.name = std::to_string(i), .data = ""});
    check_survives_exact(zip(parts));
}

TEST_CASE("GGUF files with very many entries, tensors or tokens") {
    constexpr uint32_t many = 300'000;
    gguf::File file = gguf::tiny_v7();
    const std::string entries =
        repeated([](uint32_t i) { return gguf::entry(std::to_string(i), 0, "x"); }, many);
    file.metadata.push_back(entries);
    file.metadata_count = 3 + many;
    check_survives_exact(gguf::build(file));

    file = gguf::tiny_v7();
    for (uint32_t i = 0; i < many; ++i) file.tensors.push_back({std::to_string(i), {1}, gguf::f32, "", 0});
    check_survives_exact(gguf::header(file));
    file = gguf::tiny_v7();
    for (uint32_t i = 0; i < 8000; ++i) file.tensors.push_back({std::to_string(i), {1}, gguf::f32, "1234"});
    check_survives_exact(gguf::build(file));

    for (const size_t tokens : {size_t{1} << 20, size_t{2} << 20}) {
        file = gguf::with_vocabulary(std::vector<std::string>(tokens), std::vector<int32_t>(tokens, 3));
        check_survives_exact(gguf::build(file));
    }
    file = gguf::with_vocabulary(std::vector<std::string>(10'000, std::string(1000, 't')), {});
    file.metadata.pop_back();
    check_survives_exact(gguf::build(file));
}

TEST_CASE("legacy files with very many storages") {
    const std::string object =
        "](" +
        repeated([](uint32_t i) { return pickle::storage("ByteStorage", std::to_string(i), 0); }, 9'000) +
        "e";
    const std::string keys =
        "](" + repeated([](uint32_t i) { return pickle::concat(std::to_string(i)); }, 9'000) + "e";
    check_survives_exact(legacy_pth(object, keys, std::string(400'000, '\0')));
}
