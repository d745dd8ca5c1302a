// Classes of runs, and what is made for them while a model loads.
#include "runtime/gpu/backend.h"

#include <doctest/doctest.h>

#include <set>

#include "runtime/gpu/run_class.h"
#include "runtime/session/context.h"
#include "runtime/synthetic/synthetic_model.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

TEST_CASE("the classes are those of all numbers of rows") {
    CHECK(gpu::row_classes(1) == std::vector<uint32_t>{1});
    CHECK(gpu::row_classes(20) == std::vector<uint32_t>{1, 2, 4, 8, 16, 20});
    for (const uint32_t most : {1u, 5u, 16u, 31u, 64u, 512u, 700u}) {
        CAPTURE(most);
        std::set<uint32_t> classes;
        for (uint32_t rows = 1; rows <= most; ++rows) classes.insert(gpu::row_class(rows, most));
        CHECK(gpu::row_classes(most) == std::vector<uint32_t>(classes.begin(), classes.end()));
    }
}

/// A prompt of so many tokens, each with logits.
void feed(Context& context, uint32_t tokens) {
    const std::vector<Token> prompt(tokens, 7);
    const Feed feeds[] = {{.slot = 0, .tokens = prompt, .want = Want::all, .vectors = {}}};
    context.feed(feeds, [](size_t, size_t, std::span<const float>) {});
}

TEST_CASE("no run waits for a kernel") {
    if (!test::open_device()) return;
    for (const std::string mask : {"", "-narrow", "-subgroup", "-joins", "-fusion"}) {
        for (const char* const spec : {"v4:2x64x264:f16", "v6:2x64x264:q8_0", "v7:2x256x264:q4_k"}) {
            CAPTURE(concat(spec, " ", mask));
            const auto device = test::open_device(mask);
            REQUIRE(device);
            const auto model = synthetic_model(spec);
            constexpr uint32_t max_rows = 96;
            Context context(model, gpu::make_backend(model->programs(), model->weights(),
                                                     {.max_rows = max_rows}, *device->kernels, {}));
            const size_t made = device->kernels->size();
            CHECK(made > 0);
            for (const uint32_t rows : gpu::row_classes(max_rows)) feed(context, rows);
            CHECK(device->kernels->size() == made);
        }
    }
}

}  // namespace
}  // namespace rwkvk
