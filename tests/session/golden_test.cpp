// All versions against outputs of the official code, on the CPU and on the device.
#include <doctest/doctest.h>

#include <algorithm>

#include "runtime/catalogue/weights.h"
#include "runtime/cpu/backend.h"
#include "runtime/gpu/backend.h"
#include "runtime/load/official.h"
#include "runtime/load/safetensors/safetensors.h"
#include "runtime/session/context.h"
#include "tests/support/golden.h"
#include "tests/support/reference_folder.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

using test::Golden;

constexpr double logits_tolerance = 3e-5;  // of their spread
// With matrices of blocks, whose rows are rounded: docs/NUMERICS.md, "How far that is from unrounded rows".
constexpr double rounded_tolerance = 2e-2;
constexpr double state_tolerance = 1e-4;  // of the largest entry

struct Result {
    std::vector<float> logits;  // all positions
    std::vector<float> state;
};

Result run(Context& context, const std::vector<Token>& tokens) {
    Result result;
    const Feed feed{.slot = 0, .tokens = tokens, .want = Want::all, .vectors = {}};
    context.feed({&feed, 1}, [&](size_t, size_t, std::span<const float> logits) {
        result.logits.insert(result.logits.end(), logits.begin(), logits.end());
    });
    result.state = context.state(0);
    return result;
}

void check_states(const Golden& golden, const Model& model, std::span<const float> state) {
    size_t at = 0;
    for (const StateRequest& request : model.programs().body.states) {
        const std::string name = concat("state.", request.name.substr(std::string_view("blocks.").size()));
        const auto expected = golden.array(name);
        INFO(name);
        REQUIRE(expected.size() == request.width);
        CHECK(test::largest_difference(expected, state.subspan(at, expected.size())) <=
              state_tolerance * test::largest(expected));
        at += expected.size();
    }
    CHECK(at == state.size());
}

constexpr const char* rounded = "bf16 from fp32";  // where there is no such file

bool rounds(const Model& model) {
    return std::ranges::any_of(model.programs().body.steps,
                               [](const Step& step) { return step.op == Op::round; });
}

double tolerance(const Model& model) { return rounds(model) ? rounded_tolerance : logits_tolerance; }

struct Set {
    const char *folder, *file, *logits, *version;
};
constexpr Set sets[] = {
    {"v4.0", "model-fp32.pth", "logits", "4.0"}, {"v4.0", "model-bf16.pth", "logits_bf16_weights", "4.0"},
    {"v5.0", "model-fp32.pth", "logits", "5.0"}, {"v5.1", "model-fp32.pth", "logits", "5.1"},
    {"v5.2", "model-fp32.pth", "logits", "5.2"}, {"v6.0", "model-fp32.pth", "logits", "6.0"},
    {"v7.0", "model-fp32.pth", "logits", "7.0"}, {"v7.0", "model-bf16.pth", "logits_bf16_weights", "7.0"},
    {"v7a", "model-fp32.pth", "logits", "7a"},   {"v6.0", rounded, "logits_bf16_weights", "6.0"},
};

void check_golden(const Set& set, Context& context) {
    const Golden golden(concat(RWKVK_TEST_DATA "/", set.folder));
    const Result result = run(context, golden.tokens());
    const auto expected = golden.array(set.logits);
    INFO(set.folder, " ", set.file, " on ", context.backend().description());
    CHECK(test::largest_difference(expected, result.logits) <= logits_tolerance * test::spread(expected));
    if (std::string_view(set.logits) == "logits") check_states(golden, context.model(), result.state);
}

/// The model of a float32 file, every weight rounded to bf16.
std::shared_ptr<const Model> load_rounded(const std::string& path) {
    const load::Checkpoint checkpoint = load::open_checkpoint(path);
    std::map<std::string, std::vector<float>> values;
    std::vector<load::TensorToWrite> tensors;
    for (const auto& [name, tensor] : checkpoint.tensors) {
        const load::TensorView stored = load::from_official(name, tensor, path);  // turned back
        std::vector<float>& floats = values[name];
        floats.resize(stored.elements());
        stored.copy(0, floats.size(), reinterpret_cast<std::byte*>(floats.data()));
        std::vector<std::byte> halves(stored_bytes(WeightFormat::bf16, floats.size()));
        encode(WeightFormat::bf16, floats, halves.data());
        decode(WeightFormat::bf16, halves.data(), floats);
        tensors.push_back({name, stored.shape, floats});
    }
    const test::TemporaryFolder folder;
    load::write_safetensors(folder / "rounded.safetensors", tensors, {});
    return Model::load(folder / "rounded.safetensors");
}

std::shared_ptr<const Model> load(const Set& set) {
    if (std::string_view(set.file) == rounded)
        return load_rounded(concat(RWKVK_TEST_DATA "/", set.folder, "/model-fp32.pth"));
    return Model::load(concat(RWKVK_TEST_DATA "/", set.folder, "/", set.file));
}

TEST_CASE("every version agrees with the official code on the CPU") {
    for (const Set& set : sets) {
        INFO(set.folder);
        const auto model = load(set);
        CHECK(model->unused_tensors().empty());
        CHECK(model->version() == set.version);
        Context context(
            model, cpu::make_backend(model->programs(), model->weights(), {.max_rows = 32}, {.threads = 2}));
        check_golden(set, context);
    }
}

TEST_CASE("every version agrees with the official code on the device") {
    const auto device = test::open_device();
    if (!device) return;
    for (const Set& set : sets) {
        const auto model = load(set);
        Context context(model, gpu::make_backend(model->programs(), model->weights(), {.max_rows = 32},
                                                 *device->kernels, {}));
        check_golden(set, context);
    }
    test::check_no_messages(*device);
}

TEST_CASE("the trained tiny models agree with their exact logits on the CPU and the device") {
    const auto reference = test::reference("golden/rwkv.cpp");
    if (!reference) return;
    const std::string folder = reference->string() + "/";
    const std::vector<Token> tokens = {34, 105, 110};  // "in
    const auto device = test::open_device();
    for (const char* name :
         {"4v0-660K-FP32", "4v0-660K-FP16", "4v0-660K-Q5_1", "5v2-730K-FP32", "5v2-730K-FP16",
          "5v2-730K-Q5_1", "7v0-834K-FP32", "7v0-834K-FP16", "7v0-834K-Q5_1"}) {
        INFO(name);
        const auto model = Model::load(concat(folder, "tiny-rwkv-", name, ".bin"));
        const std::vector<float> expected =
            Golden::read_floats(concat(folder, "exact-logits-", name, ".bin"));
        Context cpu(model,
                    cpu::make_backend(model->programs(), model->weights(), {.max_rows = 8}, {.threads = 2}));
        const std::vector<float> on_cpu = cpu.feed(0, tokens);
        CHECK(test::largest_difference(expected, on_cpu) <= tolerance(*model) * test::spread(expected));
        if (!device) continue;
        Context gpu(model, gpu::make_backend(model->programs(), model->weights(), {.max_rows = 8},
                                             *device->kernels, {}));
        CHECK(gpu.feed(0, tokens) == on_cpu);
    }
}

/// A model file of the reference folder with its logits beside it.
void check_gguf(const std::string& stem, const test::TestDevice* device) {
    INFO(stem);
    nlohmann::json about;
    std::ifstream(stem + ".json") >> about;
    const auto tokens = about["tokens"].get<std::vector<Token>>();
    const std::vector<float> expected = Golden::read_floats(stem + ".logits.f32.bin");
    const auto model = Model::load(stem + ".gguf");
    CHECK(model->unused_tensors().empty());
    Context cpu(model,
                cpu::make_backend(model->programs(), model->weights(), {.max_rows = 16}, {.threads = 2}));
    const std::vector<float> on_cpu = run(cpu, tokens).logits;
    CHECK(test::largest_difference(expected, on_cpu) <= tolerance(*model) * test::spread(expected));
    if (!device) return;
    Context gpu(model, gpu::make_backend(model->programs(), model->weights(), {.max_rows = 16},
                                         *device->kernels, {}));
    CHECK(run(gpu, tokens).logits == on_cpu);
}

TEST_CASE("GGUF models agree with their exact logits on the CPU and the device") {
    const auto folder = test::reference("golden/gguf");
    if (!folder) return;
    const auto device = test::open_device();
    for (const char* name : {"rwkv7-head64-f16", "rwkv7-head64-q8_0", "tiny-rwkv7-mixed", "tiny-rwkv6-mixed"})
        check_gguf((*folder / name).string(), device.get());
    if (device) test::check_no_messages(*device);
}

}  // namespace
}  // namespace rwkvk
