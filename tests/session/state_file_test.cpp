// A saved state continues with the same bits, and no other file is taken for one.
#include "runtime/session/state_file.h"

#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "runtime/cpu/backend.h"
#include "runtime/load/safetensors/safetensors.h"
#include "runtime/model/fingerprint.h"
#include "runtime/session/context.h"
#include "runtime/synthetic/synthetic_model.h"
#include "tests/support/reference_folder.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace rwkvk {
namespace {

using test::check_contains;
using test::refusal_of;
using test::TemporaryFolder;

constexpr const char* spec = "v7:2x64x264:f32";

Context make_context(const std::shared_ptr<const Model>& model) {
    return {model, cpu::make_backend(model->programs(), model->weights(), {.max_rows = 16}, {.threads = 2})};
}

std::vector<Token> some_tokens(size_t count) {
    std::vector<Token> tokens;
    for (size_t i = 0; i < count; ++i) tokens.push_back(static_cast<Token>(i * 37 % 264));
    return tokens;
}

/// A state file of the model, in parts that a test can spoil before writing it.
struct Parts {
    std::vector<float> values;
    std::vector<load::TensorToWrite> tensors;
    load::Metadata metadata;
};

/// Writes the file again with `spoil` applied; reading it must be refused.
std::string refusal(const Model& model, Code code, const std::function<void(Parts&)>& spoil) {
    const TemporaryFolder folder;
    const std::string path = folder / "spoilt.state";
    Parts parts;
    for (size_t i = 0; i < model.state_bytes() / sizeof(float); ++i) {
        parts.values.push_back(static_cast<float>(i % 19) * 0.25f - 2.0f);
    }
    write_state_file(path, model, parts.values, 7);
    {  // Windows replaces no file that is being read
        const load::Safetensors good = load::open_safetensors(path);
        parts.metadata = good.metadata;
        size_t at = 0;
        for (const StateRequest& request : model.programs().body.states) {
            parts.tensors.push_back({request.name, good.contents.tensors.at(request.name).shape,
                                     std::span(parts.values).subspan(at, request.width)});
            at += request.width;
        }
    }
    spoil(parts);
    load::write_safetensors(path, parts.tensors, parts.metadata);
    const std::string message = refusal_of([&] { read_state_file(path, model); }, code);
    CHECK(message.find('\n') == message.npos);
    check_contains(message, "spoilt.state: ");
    return message;
}

std::string checksum_of(std::span<const float> values) {
    Fingerprint print;
    print.add(values);
    return print.hex();
}

}  // namespace

TEST_CASE("a state reads back with the same bits and position") {
    const TemporaryFolder folder;
    const auto model = synthetic_model(spec);
    Context context = make_context(model);
    context.feed(0, some_tokens(20));
    const std::vector<float> state = context.state(0);
    write_state_file(folder / "a.state", *model, state, UINT64_MAX);
    const SavedState saved = read_state_file(folder / "a.state", *model);
    REQUIRE(saved.values.size() == state.size());
    CHECK(std::memcmp(saved.values.data(), state.data(), model->state_bytes()) == 0);
    CHECK(saved.position == UINT64_MAX);
}

TEST_CASE("a state in bytes has its tokens, which must be as many as made it, and the model's") {
    const auto model = synthetic_model(spec);
    Context context = make_context(model);
    SavedState state{.values = {}, .position = 20, .tokens = some_tokens(20)};
    context.feed(0, state.tokens);
    state.values = context.state(0);
    const std::vector<std::byte> bytes = encode_state(state, "bytes", *model);
    const SavedState read = parse_state(bytes, "bytes", *model);
    CHECK((read.values == state.values && read.tokens == state.tokens && read.position == 20));
    SavedState without = state;
    without.tokens.clear();
    CHECK(parse_state(encode_state(without, "bytes", *model), "bytes", *model).tokens.empty());
    const auto refused = [&](SavedState wrong) {
        return refusal_of([&] { parse_state(encode_state(wrong, "bytes", *model), "bytes", *model); },
                          Code::bad_file);
    };
    SavedState wrong = state;
    wrong.position = 21;
    check_contains(refused(wrong), "bytes: expected 21 tokens that made it, found 20");
    wrong = state;
    wrong.tokens[3] = 264;
    check_contains(refused(wrong), "expected tokens of ids below 264, found 264");
}

TEST_CASE("continuing from a file gives the same bits as not stopping") {
    const TemporaryFolder folder;
    const auto model = synthetic_model(spec);
    const std::vector<Token> tokens = some_tokens(40);
    Context whole = make_context(model);
    const std::vector<float> logits = whole.feed(0, tokens);
    for (const size_t stop : {1, 16, 23, 39}) {
        INFO("stopped after ", stop);
        Context before = make_context(model);
        before.feed(0, std::span(tokens).first(stop));
        write_state_file(folder / "a.state", *model, before.state(0), stop);
        const SavedState saved = read_state_file(folder / "a.state", *model);
        Context after = make_context(model);
        after.set_state(0, saved.values);
        CHECK(after.feed(0, std::span(tokens).subspan(saved.position)) == logits);
        CHECK(after.state(0) == whole.state(0));
    }
}

TEST_CASE("a state file is a safetensors container with canonical shapes under semantic names") {
    const TemporaryFolder folder;
    const auto model = synthetic_model(spec);
    Context context = make_context(model);
    context.feed(0, some_tokens(5));
    const std::vector<float> state = context.state(0);
    write_state_file(folder / "a.state", *model, state, 5);
    const load::Safetensors file = load::open_safetensors(folder / "a.state");
    CHECK(file.metadata == load::Metadata{{"format", "rwkvk-state"},
                                          {"version", "1"},
                                          {"numerics", std::to_string(numerics_version)},
                                          {"model", model->fingerprint()},
                                          {"position", "5"},
                                          {"checksum", checksum_of(state)}});
    CHECK(file.contents.tensors.size() == 6);
    CHECK(file.contents.tensors.at("blocks.0.att_x_prev").shape_text() == "64");
    CHECK(file.contents.tensors.at("blocks.1.att_kv").shape_text() == "1x64x64");
    CHECK(file.contents.tensors.at("blocks.1.ffn_x_prev").shape_text() == "64");
}

TEST_CASE("the state of an RWKV-4 is five vectors per block") {
    const TemporaryFolder folder;
    const auto model = synthetic_model("v4:2x96x264:f16");
    Context context = make_context(model);
    const std::vector<float> begin = context.state(0);
    write_state_file(folder / "a.state", *model, begin, 0);
    CHECK(read_state_file(folder / "a.state", *model).values == begin);
    const load::Safetensors file = load::open_safetensors(folder / "a.state");
    CHECK(file.contents.tensors.size() == 10);
    for (const char* name : {"att_x_prev", "att_aa", "att_bb", "att_pp", "ffn_x_prev"})
        CHECK(file.contents.tensors.at(concat("blocks.1.", name)).shape_text() == "96");
}

TEST_CASE("the matrices of RWKV-5 and 6 are [head][key][value], as they lie on the device") {
    for (const char* version : {"v5.0", "v6"}) {
        const TemporaryFolder folder;
        const auto model = synthetic_model(concat(version, ":1x128x264:f16"));
        Context context = make_context(model);
        context.feed(0, some_tokens(5), 2);  // an odd number of runs: the other shift entries are current
        const std::vector<float> state = context.state(0);
        write_state_file(folder / "a.state", *model, state, 5);
        CHECK(read_state_file(folder / "a.state", *model).values == state);
        const load::Safetensors file = load::open_safetensors(folder / "a.state");
        CHECK(file.contents.tensors.size() == 3);
        CHECK(file.contents.tensors.at("blocks.0.att_kv").shape_text() == "2x64x64");
        std::vector<float> stored(2 * 64 * 64);
        context.backend().read_state(1, 0, stored);
        CHECK(std::ranges::equal(stored, std::span(state).subspan(128, stored.size())));
    }
}

TEST_CASE("files that are not states are refused") {
    const TemporaryFolder folder;
    const auto model = synthetic_model(spec);
    const std::string path = folder / "other";
    const auto message = [&](const std::string& contents) {
        std::ofstream(path, std::ios::binary) << contents;
        return refusal_of([&] { read_state_file(path, *model); }, Code::bad_file);
    };
    refusal_of([&] { read_state_file(folder / "missing", *model); }, Code::io);
    check_contains(message(""), "expected 8 bytes of header length");
    check_contains(message("Hello, this is not a state."), "not a safetensors file");
    check_contains(message(std::string(8, '\0') + "x"), "not a safetensors file");
    const auto spoilt = [&](const std::function<void(Parts&)>& spoil) {
        return refusal(*model, Code::bad_file, spoil);
    };
    check_contains(spoilt([](Parts& parts) { parts.metadata.clear(); }),
                   "not a saved state: expected the metadata format=rwkvk-state, found none");
    check_contains(spoilt([](Parts& parts) { parts.metadata["format"] = "pt"; }), "found 'pt'");
}

TEST_CASE("a state of a newer version, or of none, is refused") {
    const auto model = synthetic_model(spec);
    check_contains(refusal(*model, Code::unsupported, [](Parts& parts) { parts.metadata["version"] = "3"; }),
                   "a state of version 3, expected at most 2: use a newer rwkvk");
    for (const char* version : {"0", "", "one", "1.0", "-1", "99999999999999999999"}) {
        INFO(version);
        check_contains(
            refusal(*model, Code::bad_file, [&](Parts& parts) { parts.metadata["version"] = version; }),
            "version");
    }
}

TEST_CASE("metadata that is missing or no number is refused by name") {
    const auto model = synthetic_model(spec);
    for (const char* key : {"version", "model", "position", "checksum"}) {
        check_contains(refusal(*model, Code::bad_file, [&](Parts& parts) { parts.metadata.erase(key); }),
                       key);
    }
    check_contains(refusal(*model, Code::bad_file, [](Parts& parts) { parts.metadata["position"] = "7 "; }),
                   "expected a whole number as 'position' in the state's metadata, found '7 '");
}

TEST_CASE("a state of another model is refused with both fingerprints") {
    const TemporaryFolder folder;
    const auto mine = synthetic_model(spec), other = synthetic_model(spec, 2);
    REQUIRE(mine->fingerprint() != other->fingerprint());
    const std::vector<float> state(mine->state_bytes() / sizeof(float), 0.5f);
    write_state_file(folder / "a.state", *other, state, 1);
    const std::string message =
        refusal_of([&] { read_state_file(folder / "a.state", *mine); }, Code::bad_file);
    check_contains(message, "a state of another model");
    check_contains(message, mine->fingerprint().c_str());
    check_contains(message, other->fingerprint().c_str());
}

TEST_CASE("tensors that are missing, too many or of another shape are refused by name") {
    const auto model = synthetic_model(spec);
    const auto spoilt = [&](const std::function<void(Parts&)>& spoil) {
        return refusal(*model, Code::bad_shape, spoil);
    };
    check_contains(spoilt([](Parts& parts) { parts.tensors.pop_back(); }),
                   "no tensor 'blocks.1.ffn_x_prev', which the model's state has");
    check_contains(spoilt([](Parts& parts) {
                       parts.tensors.push_back({"more", {0}, {}});
                   }),
                   "tensor 'more' is none of the state's");
    check_contains(spoilt([](Parts& parts) {
                       parts.tensors[0].shape = {1, 64};
                   }),
                   "tensor 'blocks.0.att_x_prev': expected 64 f32, found 1x64 f32");
    check_contains(spoilt([](Parts& parts) { parts.tensors[1].shape = {4096}; }), "expected 1x64x64 f32");
}

TEST_CASE("values that were changed are refused by the checksum, those not finite by themselves") {
    const auto model = synthetic_model(spec);
    const std::string message =
        refusal(*model, Code::bad_file, [](Parts& parts) { parts.values[100] += 0.25f; });
    check_contains(message, "expected values with the checksum '");
    for (const float value :
         {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
        check_contains(refusal(*model, Code::not_finite,
                               [&](Parts& parts) {
                                   parts.values[100] = value;
                                   parts.metadata["checksum"] = checksum_of(parts.values);
                               }),
                       "value 100 of the state is ");
    }
}

TEST_CASE("every flipped bit of a state file is noticed") {
    const TemporaryFolder folder;
    const auto model = synthetic_model(spec);
    const std::vector<float> state(model->state_bytes() / sizeof(float), 0.5f);
    const std::string path = folder / "a.state";
    write_state_file(path, *model, state, 7);
    const std::string good = test::contents_of(path);
    for (size_t i = 0; i < 200; ++i) {
        const size_t at = i * good.size() / 200;
        INFO("bit ", i % 8, " of byte ", at);
        std::string flipped = good;
        flipped[at] = static_cast<char>(flipped[at] ^ (1 << i % 8));
        std::ofstream(path, std::ios::binary) << flipped;
        bool noticed = false;
        try {
            noticed = read_state_file(path, *model).position != 7;
        } catch (const Error&) {
            noticed = true;
        }
        CHECK(noticed);
    }
}

TEST_CASE("a state that could not be read back is not written") {
    const TemporaryFolder folder;
    const auto model = synthetic_model(spec);
    std::vector<float> state(model->state_bytes() / sizeof(float), 0.5f);
    state[3] = std::numeric_limits<float>::quiet_NaN();
    refusal_of([&] { write_state_file(folder / "a.state", *model, state, 1); }, Code::not_finite);
    state.resize(3);
    refusal_of([&] { write_state_file(folder / "a.state", *model, state, 1); }, Code::bad_shape);
    CHECK(folder.names().empty());
}

}  // namespace rwkvk
