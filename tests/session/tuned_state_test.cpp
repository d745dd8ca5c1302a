// Initial states: orientations, files that hold one, and what does not fit.
#include "runtime/session/initial_state.h"

#include <doctest/doctest.h>

#include "host/half.h"
#include "runtime/gpu/backend.h"
#include "runtime/session/state_file.h"
#include "runtime/synthetic/synthetic_model.h"
#include "tests/support/golden.h"
#include "tests/support/reference_folder.h"
#include "tests/support/refusal.h"
#include "tests/support/run_model.h"
#include "tests/support/synthetic_files.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

using test::check_contains, test::RandomTensor, test::refusal_of, test::TensorMap;

constexpr uint32_t layers = 2, heads = 3, size = 32;

std::shared_ptr<const Model> model_of(const std::string& version) {
    return synthetic_model(version + ":2x96x40:f32", 3);
}

/// [head][value][key], every element another float16.
TensorMap tuned(uint32_t its_layers = layers) {
    TensorMap tensors;
    for (uint32_t i = 0; i < its_layers; ++i) {
        RandomTensor& tensor = tensors[concat("blocks.", i, ".att.time_state")];
        tensor.shape = {heads, size, size};
        for (uint32_t k = 0; k < heads * size * size; ++k)
            tensor.values.push_back(half_to_float(static_cast<uint16_t>((i + 1) * 0x1000 + k)));
    }
    return tensors;
}

/// What Context::state must give: shift states 0, then the matrices as the version has them.
std::vector<float> expected_state(const Model& model, bool key_first) {
    std::vector<float> all;
    const TensorMap tensors = tuned();
    for (const StateRequest& state : model.programs().body.states) {
        if (state.heads == 0) {
            all.insert(all.end(), state.width, 0.0f);
            continue;
        }
        const RandomTensor& file =
            tensors.at(state.name.substr(0, state.name.rfind('.')) + ".att.time_state");
        const RandomTensor layer = key_first ? test::turned(file, heads) : file;
        all.insert(all.end(), layer.values.begin(), layer.values.end());
    }
    return all;
}

std::string write_pth(const test::TemporaryFolder& folder, const TensorMap& tensors) {
    const std::string path = folder / "state.pth";
    test::write_bytes(path, test::pth_of(tensors));
    return path;
}

}  // namespace

namespace {

/// As web-rwkv's converter writes tuned states: turned, and float16, which has all values of `tuned`.
std::string web_rwkv_file(const TensorMap& tensors) {
    std::string header = "{", data;
    for (const auto& [name, tensor] : tensors) {
        const size_t begin = data.size();
        for (const float value : test::turned(tensor, heads).values) data += test::le(float_to_half(value));
        header += concat(begin ? "," : "", '"', name, R"(":{"dtype":"F16","shape":[)", heads, ',', size, ',',
                         size, R"(],"data_offsets":[)", begin, ',', data.size(), "]}");
    }
    header += '}';
    return test::le(uint64_t{header.size()}) + header + data;
}

}  // namespace

TEST_CASE("a tuned state is [head][value][key] in a .pth, and turned in web-rwkv's files") {
    const test::TemporaryFolder folder;
    for (const char* version : {"v5.0", "v5.1", "v5.2", "v6", "v7"}) {
        INFO(version);
        const auto model = model_of(version);
        const std::vector<float> expected = expected_state(*model, version != std::string_view("v7"));
        CHECK(read_initial_state(write_pth(folder, tuned()), *model) == expected);
        test::write_bytes(folder / "state.st", web_rwkv_file(tuned()));
        CHECK(read_initial_state(folder / "state.st", *model) == expected);
    }
}

TEST_CASE("a tuned state that may be turned or not is refused, behind a trainer's prefix it is read") {
    const test::TemporaryFolder folder;
    const auto model = model_of("v7");
    test::write_tensors(folder / "state.st", tuned());
    check_contains(refusal_of([&] { read_initial_state(folder / "state.st", *model); }, Code::unsupported),
                   "'blocks.0.att.time_state' is f32, but web-rwkv's converter");
    TensorMap prefixed;
    for (const auto& [name, tensor] : tuned()) prefixed["model._orig_mod." + name] = tensor;
    CHECK(read_initial_state(write_pth(folder, prefixed), *model) == expected_state(*model, false));
}

TEST_CASE("a model's own tuned state is what its sequences begin with, and may be given to another") {
    const test::TemporaryFolder folder;
    for (const char* version : {"v5.2", "v6", "v7"}) {
        INFO(version);
        const auto plain = model_of(version);
        TensorMap tensors = test::official_tensors(*plain);
        tensors.merge(tuned());
        const std::string path = folder / "whole.safetensors";
        test::write_tensors(path, tensors);
        const auto whole = Model::load(path);
        const std::vector<float> expected = expected_state(*plain, version != std::string_view("v7"));
        CHECK(whole->initial_state() == expected);
        CHECK(whole->unused_tensors() == plain->unused_tensors());
        CHECK(whole->fingerprint() != plain->fingerprint());
        CHECK(plain->initial_state().empty());
        CHECK(read_initial_state(path, *plain) == expected);
        CHECK(test::on_cpu(whole).state(0) == expected);
    }
}

TEST_CASE("every slot begins with the initial state, after a reset too") {
    const auto model = model_of("v6");
    const test::TemporaryFolder folder;
    const std::vector<float> initial = read_initial_state(write_pth(folder, tuned()), *model);
    const auto tokens = test::some_tokens(9, 40);
    const auto check = [&](std::unique_ptr<Backend> backend) {
        Context context(model, std::move(backend));
        const std::vector<float> empty = context.state(1);
        context.feed(1, tokens);
        context.set_initial(initial);
        CHECK(context.state(0) == initial);
        CHECK(context.state(1) == initial);
        const std::vector<float> logits = context.feed(1, tokens);
        context.reset(1);
        CHECK(context.state(1) == initial);
        context.set_initial({});
        CHECK(context.state(1) == empty);
        refusal_of([&] { context.set_initial({1, 2, 3}); }, Code::bad_shape);
        CHECK(context.state(1) == empty);
        return logits;
    };
    const BackendOptions options{.max_rows = 8, .slots = 2};
    const auto on_cpu =
        check(cpu::make_backend(model->programs(), model->weights(), options, {.threads = 2}));
    const auto device = test::open_device();
    if (!device) return;
    CHECK(check(gpu::make_backend(model->programs(), model->weights(), options, *device->kernels, {})) ==
          on_cpu);
}

TEST_CASE("a saved state may be the initial one") {
    const auto model = model_of("v4");
    const test::TemporaryFolder folder;
    Context context = test::on_cpu(model);
    context.feed(0, test::some_tokens(9, 40));
    write_state_file(folder / "saved", *model, context.state(0), 9);
    CHECK(read_initial_state(folder / "saved", *model) == context.state(0));
}

TEST_CASE("states that do not fit are refused") {
    const test::TemporaryFolder folder;
    const auto refusal = [&](const TensorMap& tensors, const char* version, Code code) {
        const std::string path = write_pth(folder, tensors);
        return refusal_of([&] { read_initial_state(path, *model_of(version)); }, code);
    };
    check_contains(refusal(tuned(1), "v7", Code::bad_shape), "'blocks.1.att.time_state' is missing");
    check_contains(refusal(tuned(3), "v7", Code::bad_shape), "'blocks.2.att.time_state' is of a layer");
    check_contains(refusal(tuned(), "v4", Code::unsupported), "RWKV-4.0 has no tuned ones");
    TensorMap other = tuned();
    other["blocks.1.att.time_state"] = {{6, 16, 16}, std::vector<float>(6 * 16 * 16)};
    check_contains(refusal(other, "v7", Code::bad_shape), "expected 3 heads of 32x32, found 96x16");
    const TensorMap none = {{"blocks.0.ln1.weight", {{96}, std::vector<float>(96)}}};
    check_contains(refusal(none, "v7", Code::bad_file), "expected a tuned or a saved state");
    const std::string path = write_pth(folder, tuned());
    check_contains(refusal_of([&] { Model::load(path); }, Code::bad_file), "give it with --state");
}

TEST_CASE("logits from tuned states agree with the official code on the CPU and the device") {
    const auto folder = test::reference("golden/state");
    if (!folder) return;
    const auto device = test::open_device();
    for (const std::string version : {"v5.2", "v6.0", "v7.0"}) {
        INFO(version);
        nlohmann::json about;
        std::ifstream(*folder / (version + ".json")) >> about;
        const auto tokens = about["tokens"].get<std::vector<Token>>();
        const auto expected = test::Golden::read_floats((*folder / (version + ".logits.f32.bin")).string());
        const auto model = Model::load(concat(RWKVK_TEST_DATA "/", version, "/model-fp32.pth"));
        const auto initial = read_initial_state((*folder / (version + "-time_state.pth")).string(), *model);
        Context cpu = test::on_cpu(model);
        cpu.set_initial(initial);
        const std::vector<float> on_cpu = test::all_logits(cpu, tokens);
        CHECK(test::largest_difference(expected, on_cpu) <= 3e-5 * test::spread(expected));
        if (!device) continue;
        Context gpu(model, gpu::make_backend(model->programs(), model->weights(), {.max_rows = 8},
                                             *device->kernels, {}));
        gpu.set_initial(initial);
        CHECK(test::all_logits(gpu, tokens) == on_cpu);
    }
}

}  // namespace rwkvk
