// Whole models from GGUF files: RWKV-6 with what its converter changed, and models in several files.
#include <doctest/doctest.h>

#include <fstream>

#include "runtime/model/model.h"
#include "runtime/synthetic/synthetic_model.h"
#include "tests/support/gguf_model.h"
#include "tests/support/refusal.h"
#include "tests/support/run_model.h"

namespace rwkvk {
namespace {

namespace gguf = test::gguf;
using test::check_contains;

constexpr uint32_t layers = 5;
const char* const epsilon_key = "rwkv6.attention.group_norm_epsilon";

std::shared_ptr<const Model> source(const char* type) { return synthetic_model(concat("v6:5x32x19:", type)); }

gguf::Wanted wanted() {
    return {.architecture = "rwkv6",
            .metadata = {gguf::entry_u32("rwkv6.wkv.head_size", 32),
                         gguf::entry_f32("rwkv6.attention.layer_norm_epsilon", 1e-5f)},
            .layers = layers};
}

void write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

std::shared_ptr<const Model> load(const gguf::File& file) {
    const test::TemporaryFolder folder;
    write(folder / "m.gguf", gguf::build(file));
    return Model::load(folder / "m.gguf");
}

std::vector<float> logits_of(const std::shared_ptr<const Model>& model) {
    Context context = test::on_cpu(model);
    return test::all_logits(context, test::some_tokens(12, 19));
}

TEST_CASE("an RWKV-6 whose converter divided, joined and flattened is the official one again") {
    for (const char* type : {"f32", "bf16", "f16", "q8_0"}) {
        const auto official = source(type);
        const gguf::Sources sources = gguf::sources_of(official->weights());
        // Divided f16, also of scales, lose bits: they are not the same model any more.
        const bool exact = std::string_view(type) == "f32" || std::string_view(type) == "bf16";
        for (const uint32_t every : {0u, 1u, 2u, 6u}) {
            for (const bool separate : {false, true}) {
                INFO(type, ", divided after each ", every, ", separate mixes ", separate);
                gguf::Wanted w = wanted();
                w.rescale_every = exact ? every : 0;
                w.separate_mixes = separate;
                const auto model = load(gguf::file_of(sources, w));
                CHECK(model->version() == "6.0");
                CHECK(model->unused_tensors().empty());
                CHECK(model->fingerprint() == official->fingerprint());
            }
        }
        CHECK(logits_of(load(gguf::file_of(sources, wanted()))) == logits_of(official));
    }
}

TEST_CASE("a head that is the embedding") {
    const auto official = source("f32");
    const gguf::Sources sources = gguf::sources_of(official->weights());
    const gguf::Sources tied = [&](const std::string& name) {
        return sources(name == "head.weight" ? "emb.weight" : name);
    };
    gguf::File file = gguf::file_of(tied, wanted());
    const auto twice = load(file);
    std::erase_if(file.tensors, [](const gguf::Tensor& tensor) { return tensor.name == "output.weight"; });
    CHECK(load(file)->fingerprint() == twice->fingerprint());
}

std::vector<float> values_of(const gguf::Source& source) {
    std::vector<float> values(source.out * source.in);
    decode(source.format, reinterpret_cast<const std::byte*>(source.stored.data()), values);
    return values;
}

TEST_CASE("scales of blocks and halves are multiplied where the file asks for it") {
    for (const char* type : {"f16", "q8_0", "q5_1"}) {
        INFO(type);
        const auto official = source(type);
        const gguf::Sources sources = gguf::sources_of(official->weights());
        gguf::File file = gguf::file_of(sources, wanted());
        file.metadata.push_back(gguf::entry_u32("rwkv6.rescale_every_n_layers", 2));
        const auto model = load(file);
        for (uint32_t layer = 0; layer < layers; ++layer) {
            for (const char* name : {"att.output.weight", "ffn.value.weight", "ffn.key.weight"}) {
                const std::string tensor = concat("blocks.", layer, ".", name);
                std::vector<float> expected = values_of(*sources(tensor));
                const float factor =
                    std::string_view(name) == "ffn.key.weight" ? 1.0f : static_cast<float>(1u << layer / 2);
                for (float& value : expected) value *= factor;
                INFO(tensor);
                CHECK(model->weights().read_vector(tensor) == expected);
            }
        }
    }
}

TEST_CASE("numbers that would leave their type are an error that names the tensor") {
    const auto message = [](const std::string& tensor, uint32_t type, const std::string& data) {
        gguf::File file = gguf::file_of(gguf::sources_of(source("f32")->weights()), wanted());
        file.metadata.push_back(gguf::entry_u32("rwkv6.rescale_every_n_layers", 1));
        for (gguf::Tensor& one : file.tensors) {
            if (one.name != tensor) continue;
            one.type = type;
            one.data = data;
        }
        const auto model = load(file);
        return test::refusal_of([&] { model->fingerprint(); }, Code::bad_file);
    };
    const auto repeated = [](const std::string& one, size_t times) {
        std::string all;
        for (size_t i = 0; i < times; ++i) all += one;
        return all;
    };
    const std::string name = "blk.4.time_mix_output.weight";
    const char* expected = "'blocks.4.att.output.weight': expected numbers that can be multiplied by 2^4";
    check_contains(message(name, gguf::f32, repeated(test::le(3e37f), 1024)), expected);
    check_contains(message(name, gguf::f16, repeated(test::le(uint16_t{0x7000}), 1024)), expected);
    check_contains(message(name, gguf::bf16, repeated(test::le(uint16_t{0x7e00}), 1024)), expected);
    check_contains(message(name, gguf::q8_0, repeated(test::le(uint16_t{0x7000}) + std::string(32, 'q'), 32)),
                   expected);
    check_contains(message(name, gguf::f32, repeated(test::le(uint32_t{0x7f800000}), 1024)), "is not finite");
}

TEST_CASE("the epsilon of the norm over heads comes from the file, if it is there") {
    const auto official = source("f32");
    const gguf::Sources sources = gguf::sources_of(official->weights());
    const auto with = [&](float epsilon) {
        gguf::File file = gguf::file_of(sources, wanted());
        file.metadata.push_back(gguf::entry_f32(epsilon_key, epsilon));
        return file;
    };
    const auto usual = load(with(std::nextafter(64e-5f, 1.0f)));
    CHECK(usual->fingerprint() == official->fingerprint());
    CHECK(logits_of(usual) == logits_of(official));
    const auto other = load(with(0.1f));
    CHECK(other->fingerprint() != official->fingerprint());
    CHECK(logits_of(other) != logits_of(official));
    for (const float wrong : {0.0f, -1e-5f, 2.0f, std::nanf("")}) {
        check_contains(test::refusal_of([&] { load(with(wrong)); }, Code::bad_file),
                       "expected rwkv6.attention.group_norm_epsilon from");
    }
}

/// A model in three files: the first has the metadata and no tensor, as llama-gguf-split can make it.
struct Parts {
    gguf::File files[3];
    explicit Parts(const gguf::File& whole) {
        files[0].metadata = whole.metadata;
        const size_t half = whole.tensors.size() / 2;
        files[1].tensors = {whole.tensors.begin(), whole.tensors.begin() + half};
        files[2].tensors = {whole.tensors.begin() + half, whole.tensors.end()};
        files[2].alignment = 64;
        files[2].metadata.push_back(gguf::entry_u32("general.alignment", 64));
        for (uint16_t i = 0; i < 3; ++i) {
            files[i].metadata.push_back(gguf::entry_u16("split.no", i));
            files[i].metadata.push_back(gguf::entry_u16("split.count", 3));
            files[i].metadata.push_back(
                gguf::entry_i32("split.tensors.count", static_cast<int32_t>(whole.tensors.size())));
        }
    }
    static std::string name(size_t i) { return concat("m-0000", i + 1, "-of-00003.gguf"); }
    void write(const test::TemporaryFolder& folder) const {
        for (size_t i = 0; i < 3; ++i) rwkvk::write(folder / name(i), gguf::build(files[i]));
    }
};

gguf::File whole_file() { return gguf::file_of(gguf::sources_of(source("bf16")->weights()), wanted()); }

TEST_CASE("any part of a split model opens all of it") {
    const Parts parts(whole_file());
    const test::TemporaryFolder folder;
    parts.write(folder);
    for (size_t i = 0; i < 3; ++i) {
        const auto model = Model::load(folder / Parts::name(i));
        CHECK(model->fingerprint() == source("bf16")->fingerprint());
        CHECK(model->unused_tensors().empty());
    }
}

TEST_CASE("a part that is missing, of another model or wrongly named is one clear line") {
    const test::TemporaryFolder folder;
    const auto refusal = [&](Code code, size_t opened = 1) {
        return test::refusal_of([&] { Model::load(folder / Parts::name(opened)); }, code);
    };
    const auto refusal_with = [&](size_t part, const std::string& bytes) {
        Parts(whole_file()).write(folder);
        write(folder / Parts::name(part), bytes);
        return refusal(Code::bad_file, part == 1 ? 0 : 1);
    };
    Parts parts(whole_file());
    parts.write(folder);
    std::filesystem::remove(folder / Parts::name(2));
    check_contains(refusal(Code::io), "m-00003-of-00003.gguf: part 3 of 3 of the model is missing");
    std::filesystem::remove(folder / Parts::name(0));
    check_contains(refusal(Code::io), "m-00001-of-00003.gguf: part 1 of 3 of the model is missing");

    check_contains(refusal_with(2, gguf::build(parts.files[1])),
                   "m-00003-of-00003.gguf: expected part 3 of 3 of a split model, found part 2 of 3");
    check_contains(refusal_with(2, gguf::build(whole_file())), "found part 1 of 1");
    check_contains(refusal_with(2, "no model"),
                   "expected part 3 of 3 of a split GGUF model, found no GGUF file");
    check_contains(refusal_with(0, gguf::build(parts.files[2])), "expected part 1 of 3");
    gguf::File fewer = parts.files[2];
    fewer.tensors.pop_back();
    check_contains(refusal_with(2, gguf::build(fewer)), "tensors in all parts, found");
    gguf::File twice = parts.files[2];
    twice.tensors[0] = parts.files[1].tensors[0];
    check_contains(refusal_with(2, gguf::build(twice)), "two tensors named");
    gguf::File outside = parts.files[1];
    outside.metadata[0] = gguf::entry_u16("split.no", 3);
    write(folder / Parts::name(1), gguf::build(outside));
    check_contains(refusal(Code::bad_file), "part 3 of 3 of a split model, counted from 0");

    parts.write(folder);
    std::filesystem::rename(folder / Parts::name(0), folder / "model.gguf");
    check_contains(test::refusal_of([&] { Model::load(folder / "model.gguf"); }, Code::bad_file),
                   "model.gguf: part 1 of 3 of a split model, expected a name that ends in "
                   "'-00001-of-00003.gguf'");
}

}  // namespace
}  // namespace rwkvk
