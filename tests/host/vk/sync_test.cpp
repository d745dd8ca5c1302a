// Barriers: none is missing and none is idle, as a validation layer with synchronisation validation sees it.
// Needs such a layer: version 1.4 or later, RWKVK_VALIDATION=1, VK_KHRONOS_VALIDATION_VALIDATE_SYNC=true and
// VK_KHRONOS_VALIDATION_SYNCVAL_SHADER_ACCESSES_HEURISTIC=true; older layers do not look at what shaders
// access.
#include <doctest/doctest.h>

#include <cstdlib>

#include "runtime/gpu/backend.h"
#include "runtime/session/context.h"
#include "runtime/synthetic/synthetic_model.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

bool validates_synchronisation() {
    const char* sync = std::getenv("VK_KHRONOS_VALIDATION_VALIDATE_SYNC");
    if (sync && std::string(sync) == "true" && vk::InstanceOptions::from_environment().validation)
        return true;
    MESSAGE("no synchronisation validation: skipped");
    return false;
}

struct Outcome {
    uint64_t messages;
    uint32_t barriers;
};

enum class Work {
    sequences,  // two of ragged lengths
    token,      // a single one: dispatches that others take several for
};

/// Feeds twice, leaving out one barrier of every command buffer.
Outcome run_without(const std::shared_ptr<const Model>& model, int64_t barrier, uint32_t budget_ms,
                    Work work = Work::sequences) {
    const auto device = test::open_device();
    REQUIRE(device);
    const gpu::GpuOptions options{.budget_ms = budget_ms, .drop_barrier = barrier};
    Context context(model, gpu::make_backend(model->programs(), model->weights(), {.max_rows = 8, .slots = 2},
                                             *device->kernels, options));
    const std::vector<Token> first = {1, 2, 3, 4, 5}, second = {6, 7};
    std::vector<Feed> feeds = {{.slot = 0, .tokens = first, .want = Want::nothing, .vectors = {}},
                               {.slot = 1, .tokens = second, .want = Want::nothing, .vectors = {}}};
    if (work == Work::token)
        feeds = {{.slot = 0, .tokens = {first.data(), 1}, .want = Want::nothing, .vectors = {}}};
    for (int time = 0; time < 2; ++time) context.feed(feeds, [](size_t, size_t, std::span<const float>) {});
    return {device->instance->validation_messages(), context.backend().last_run().barriers};
}

constexpr uint32_t one_submission = 60000, a_submission_per_dispatch = 0;  // budgets in ms

TEST_CASE("with every barrier there is no message, with any one left out there is") {
    if (!validates_synchronisation()) return;
    for (const char* spec : {"v4:2x64x264:f16", "v5.0:2x64x264:f16", "v6:2x64x264:f16", "v7a:2x64x264:f16"}) {
        INFO(spec);
        CHECK(run_without(synthetic_model(spec), -1, one_submission).messages == 0);
    }
    const auto model = synthetic_model("v7:2x64x264:f16");
    for (const Work work : {Work::sequences, Work::token}) {
        const Outcome whole = run_without(model, -1, one_submission, work);
        CHECK(whole.messages == 0);
        REQUIRE(whole.barriers > 8);
        // Number 0 opens the command buffer; the host has waited for what came before, so nothing can miss it
        // here.
        for (uint32_t barrier = 1; barrier < whole.barriers; ++barrier) {
            INFO("barrier ", barrier, " of ", whole.barriers);
            CHECK(run_without(model, barrier, one_submission, work).messages > 0);
        }
    }
}

TEST_CASE("the barrier that opens a command buffer is needed between submissions") {
    if (!validates_synchronisation()) return;
    const auto model = synthetic_model("v7:2x64x264:f16");
    CHECK(run_without(model, -1, a_submission_per_dispatch).messages == 0);
    CHECK(run_without(model, 0, a_submission_per_dispatch).messages > 0);
}

}  // namespace
}  // namespace rwkvk
