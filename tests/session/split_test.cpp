// Layers on several backends: the bits of one, however they are cut.
#include <doctest/doctest.h>

#include <algorithm>

#include "runtime/api/placement.h"
#include "runtime/cpu/backend.h"
#include "runtime/gpu/backend.h"
#include "runtime/graph/split_backend.h"
#include "runtime/session/feed_run.h"
#include "runtime/synthetic/synthetic_model.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

using Logits = std::vector<float>;
const BackendOptions options{.max_rows = 8, .slots = 3};

std::unique_ptr<Backend> on_cpu(const Model& model, const ModelPrograms& programs,
                                const BackendOptions& of_part) {
    return cpu::make_backend(programs, model.weights(), of_part, {.threads = 1});
}

/// The parts in turn on the CPU and on the device, if there is one.
Context split_context(const std::shared_ptr<const Model>& model, const std::vector<uint32_t>& layers,
                      gpu::KernelStore* kernels) {
    const auto make = [&](size_t part, const ModelPrograms& programs, const Progress& progress) {
        BackendOptions of_part = options;
        of_part.progress = progress;
        if (!kernels || part % 2 == 0) return on_cpu(*model, programs, of_part);
        return gpu::make_backend(programs, model->weights(), of_part, *kernels, {});
    };
    return {model, make_split_backend(model->programs(), layers, options, make)};
}

std::vector<Token> tokens_of(uint32_t count) {
    std::vector<Token> tokens(count);
    for (uint32_t i = 0; i < count; ++i) tokens[i] = (i * 37 + 5) % 64;
    return tokens;
}

/// Ragged sequences together, a state copied and gone on with, all logits and states.
std::vector<Logits> results(Context& context) {
    std::vector<Logits> all;
    const std::vector<Token> first = tokens_of(11), second = tokens_of(3);
    const std::vector<Feed> feeds = {{.slot = 0, .tokens = first, .want = Want::all, .vectors = {}},
                                     {.slot = 2, .tokens = second, .want = Want::last, .vectors = {}}};
    context.feed(feeds, [&](size_t, size_t, std::span<const float> logits) {
        all.emplace_back(logits.begin(), logits.end());
    });
    context.copy(0, 1);
    all.push_back(context.feed(1, second));
    for (const uint32_t slot : {0, 1, 2}) all.push_back(context.state(slot));
    context.set_state(2, all.back());
    all.push_back(context.feed(2, first));
    return all;
}

TEST_CASE("every cut of every version has the bits of the whole") {
    const auto device = test::open_device();
    for (const char* version : {"v4", "v5.0", "v5.1", "v5.2", "v6", "v7", "v7a", "rwkv6qwen2", "arwkv7"}) {
        for (const char* type : {"f16", "q8_0"}) {
            CAPTURE(concat(version, " ", type));
            const auto model = synthetic_model(concat(version, ":4x256x64:", type));
            Context whole(model, on_cpu(*model, model->programs(), options));
            const std::vector<Logits> expected = results(whole);
            for (const std::vector<uint32_t>& layers :
                 std::vector<std::vector<uint32_t>>{{1, 3}, {3, 1}, {1, 2, 1}, {1, 1, 1, 1}}) {
                Context split = split_context(model, layers, device ? device->kernels.get() : nullptr);
                CHECK(results(split) == expected);
            }
        }
    }
    if (device) test::check_no_messages(*device);
}

TEST_CASE("a split model stops after every piece") {
    const auto device = test::open_device();
    const auto model = synthetic_model("v7:4x256x64:f16");
    Context whole(model, on_cpu(*model, model->programs(), options));
    const std::vector<Logits> expected = results(whole);
    Context split = split_context(model, {1, 2, 1}, device ? device->kernels.get() : nullptr);
    const std::vector<Token> tokens = tokens_of(11);
    std::vector<Logits> all;
    FeedRun run(split, {{.slot = 0, .tokens = tokens, .want = Want::all, .vectors = {}}},
                [&](size_t, size_t, std::span<const float> logits) {
                    all.emplace_back(logits.begin(), logits.end());
                });
    size_t pieces = 1;
    while (!run.go_on(0, /*at_least_one*/ true)) ++pieces;
    CHECK(pieces > 20);
    REQUIRE(all.size() == 11);
    CHECK(std::equal(all.begin(), all.end(), expected.begin()));
}

TEST_CASE("a part has only what it needs, and says what it hands over") {
    const auto model = synthetic_model("v7a:4x256x64:f16");
    const std::vector<ProgramPart> parts = split_layers(model->programs(), {2, 2});
    REQUIRE(parts.size() == 2);
    CHECK(parts[0].programs.body.matrices.size() + parts[1].programs.body.matrices.size() ==
          model->programs().body.matrices.size());
    CHECK(parts[0].states.size() + parts[1].states.size() == model->programs().body.states.size());
    CHECK(parts[0].takes.empty());
    CHECK(parts[1].leaves.empty());
    std::vector<std::string> leaves = parts[0].leaves, takes = parts[1].takes;
    std::ranges::sort(leaves);
    std::ranges::sort(takes);
    CHECK(leaves == takes);
    // The embedding, the first layer's values, and what the second layer made.
    CHECK(takes == std::vector<std::string>{"blocks.0.att.v_raw", "blocks.1.x_ffn", "ln0"});
    CHECK(parts[0].programs.head.steps.empty());
    CHECK(!parts[1].programs.head.steps.empty());
}

TEST_CASE("steps of a split model one after the other, and timed") {
    const auto model = synthetic_model("v7:3x64x64:f16");
    Context whole(model, on_cpu(*model, model->programs(), options));
    Context split = split_context(model, {1, 2}, nullptr);
    const Program& body = split.backend().programs().body;
    CHECK(body.steps.size() == model->programs().body.steps.size());
    const RunTables tables{2,
                           {{tables::ids, {5, 7}},
                            {tables::shifts, {0, NONE, NONE, 1}},
                            {tables::sequences, {0, 2, 0, 0, 0, 0, 0, 0}}}};
    whole.backend().run(Part::body, tables);
    std::vector<float> expected(2 * 64), found(2 * 64);
    whole.backend().read_carried("hidden", expected);
    split.backend().begin(Part::body, tables);
    for (size_t i = 0; i < body.steps.size(); ++i) split.backend().run_step(i);
    split.backend().read_carried("hidden", found);
    CHECK(found == expected);
    const Operand last = body.steps.back().operands.back();
    std::ranges::fill(found, 0.0f);
    split.backend().read_tensor(last, found);
    CHECK(found == expected);
    split.reset(0);
    CHECK(split.backend().run_timed(Part::body, tables).size() == body.steps.size());
    split.backend().read_carried("hidden", found);
    CHECK(found == expected);
}

TEST_CASE("loading a split model is one task") {
    const auto model = synthetic_model("v7:4x256x64:f16");
    std::vector<double> told;
    BackendOptions with_progress = options;
    with_progress.progress = [&](double fraction) {
        told.push_back(fraction);
        return true;
    };
    make_split_backend(model->programs(), {1, 3}, with_progress,
                       [&](size_t, const ModelPrograms& programs, const Progress& progress) {
                           BackendOptions of_part = options;
                           of_part.progress = progress;
                           return on_cpu(*model, programs, of_part);
                       });
    REQUIRE(!told.empty());
    CHECK(std::ranges::is_sorted(told));
    CHECK(told.front() == 0.0);
    CHECK(told.back() == 1.0);
}

std::string text_of(const std::vector<api::Placement>& placements) {
    std::string text;
    for (const api::Placement& one : placements)
        text += concat(text.empty() ? "" : " ", one.device, "=", one.layers);
    return text;
}

TEST_CASE("devices with numbers of layers") {
    const auto placed = [](const std::string& devices) { return text_of(api::placements(devices, 12)); };
    CHECK(placed("") == "=12");
    CHECK(placed("cpu") == "cpu=12");
    CHECK(placed("0:5") == "cpu=7 0=5");
    CHECK(placed(":5") == "cpu=7 =5");
    CHECK(placed("0:12") == "0=12");
    CHECK(placed("0:99") == "0=12");
    CHECK(placed("0:99999999999999") == "0=12");
    CHECK(placed("0:0") == "cpu=12");
    CHECK(placed("0:4,1:8") == "0=4 1=8");
    CHECK(placed("0:4,1:0") == "cpu=8 0=4");
    CHECK(placed("cpu:5") == "cpu=12");
    CHECK(placed("0:5,0:3,1:4") == "0=8 1=4");
    CHECK(placed("radeon:4,cpu:2,0:1") == "cpu=5 radeon=4 cpu=2 0=1");
    // Names of devices, as they are.
    CHECK(placed("Some: GPU") == "Some: GPU=12");
    CHECK(placed("0:4,1") == "0:4,1=12");
    CHECK(placed("0:-1") == "0:-1=12");
    CHECK(placed("0:") == "0:=12");
    CHECK_THROWS_WITH_AS(api::placements("0:8,1:8", 12),
                         "devices '0:8,1:8' are for 16 layers, the model has 12", Error);
    CHECK_THROWS_AS(api::placements("0:4294967295,1:4294967295", 12), Error);
    CHECK(api::last_device("cpu:4,0:8") == "0");
    CHECK(api::last_device("Some: GPU") == "Some: GPU");
}

}  // namespace
}  // namespace rwkvk
