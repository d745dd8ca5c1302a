// Shapes at the edge of what devices take: computed, or refused in words.
#include <doctest/doctest.h>

#include "runtime/cpu/backend.h"
#include "runtime/gpu/backend.h"
#include "runtime/session/context.h"
#include "tests/support/random_model.h"
#include "tests/support/refusal.h"
#include "tests/support/run_model.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

const BackendOptions options{.max_rows = 4};

void add_vectors(test::RandomModel& m, std::initializer_list<const char*> names, uint64_t width) {
    for (const char* name : names) m.add(concat("blocks.0.", name), {width}, 0.5f, 0.1f);
}

/// RWKV-4, with a decay for each channel; with one for each head, and a norm of heads, 5.0.
test::RandomModel make_model(uint64_t width, uint64_t attention, uint64_t ffn, uint64_t decays) {
    test::RandomModel m(1);
    m.frame(1, width, 40);
    add_vectors(m, {"att.time_mix_k", "att.time_mix_v", "att.time_mix_r", "ffn.time_mix_k", "ffn.time_mix_r"},
                width);
    add_vectors(m, {"att.time_decay", "att.time_first"}, decays);
    for (const char* name : {"att.key", "att.value", "att.receptance"})
        m.add(concat("blocks.0.", name, ".weight"), {attention, width}, 0, 0.2f);
    m.add("blocks.0.att.output.weight", {width, attention}, 0, 0.2f);
    m.add("blocks.0.ffn.key.weight", {ffn, width}, 0, 0.1f);
    m.add("blocks.0.ffn.value.weight", {width, ffn}, 0, 0.01f);
    m.add("blocks.0.ffn.receptance.weight", {width, width}, 0, 0.2f);
    return m;
}

TEST_CASE("32 rows of a matrix may be more than what is uploaded at once") {
    const auto device = test::open_device();
    if (!device) return;
    const auto model =
        test::through_file(make_model(/*width*/ 16, /*attention*/ 16, /*ffn*/ 70000, /*decays*/ 16));
    Context cpu(model, cpu::make_backend(model->programs(), model->weights(), options, {}));
    Context gpu(model, gpu::make_backend(model->programs(), model->weights(), options, *device->kernels, {}));
    const std::vector<Token> tokens = {3, 1, 4, 1, 5, 9};
    CHECK(gpu.feed(0, tokens) == cpu.feed(0, tokens));
    CHECK(gpu.state(0) == cpu.state(0));
    test::check_no_messages(*device);
}

TEST_CASE("more heads than a device starts workgroups in a row are refused there") {
    const auto device = test::open_device();
    if (!device) return;
    constexpr uint64_t heads = 65536;
    test::RandomModel m = make_model(/*width*/ 4, /*attention*/ 2 * heads, /*ffn*/ 4, heads);
    m.norm("blocks.0.att.ln_x", 2 * heads);
    const auto model = test::through_file(m);
    REQUIRE(model->dimensions().heads == heads);
    Context cpu(model, cpu::make_backend(model->programs(), model->weights(), options, {}));
    const std::vector<Token> tokens = {3, 1};
    CHECK(cpu.feed(0, tokens).size() == 40);
    Context gpu(model, gpu::make_backend(model->programs(), model->weights(), options, *device->kernels, {}));
    const uint32_t most = device->device->facts().max_group_count[1];
    if (most >= heads) {
        CHECK(gpu.feed(0, tokens) == cpu.feed(0, tokens));
        return;
    }
    test::check_contains(test::refusal_of([&] { gpu.feed(0, tokens); }, Code::unsupported),
                         concat("needs 65536 workgroups in a row, the device takes at most ", most).c_str());
    test::check_no_messages(*device);
}

}  // namespace
}  // namespace rwkvk
