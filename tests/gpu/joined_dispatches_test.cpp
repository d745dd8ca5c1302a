// Products that go on with the norm_mix of what they made: fewer dispatches and waits, the same bits.
#include "runtime/gpu/joins.h"

#include <doctest/doctest.h>

#include "runtime/gpu/backend.h"
#include "runtime/gpu/products.h"
#include "runtime/session/context.h"
#include "runtime/synthetic/synthetic_model.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

struct Decoded {
    std::vector<std::vector<float>> logits;  // after each token
    RunStatistics work;                      // of the body's last run
};

/// A prompt of three tokens, then so many one by one.
Decoded decode(const std::shared_ptr<const Model>& model, const std::string& mask, uint32_t tokens) {
    const auto device = test::open_device(mask);
    REQUIRE(device);
    Context context(
        model, gpu::make_backend(model->programs(), model->weights(), {.max_rows = 8}, *device->kernels, {}));
    Decoded result;
    const auto feed = [&](const std::vector<Token>& piece) {
        const Feed feeds[] = {{.slot = 0, .tokens = piece, .want = Want::last, .vectors = {}}};
        context.feed(feeds, [&](size_t, size_t, std::span<const float> logits) {
            result.logits.emplace_back(logits.begin(), logits.end());
        });
    };
    feed({5, 6, 7});
    for (uint32_t i = 0; i < tokens; ++i) feed({static_cast<Token>(11 * i % 264)});
    const Feed last[] = {{.slot = 0, .tokens = std::vector<Token>{9}, .want = Want::nothing, .vectors = {}}};
    context.feed(last, [](size_t, size_t, std::span<const float>) {});
    result.work = context.backend().last_run();
    test::check_no_messages(*device);
    return result;
}

TEST_CASE("a token takes fewer dispatches and waits, and its bits stay") {
    if (!test::open_device()) return;
    struct Model {
        const char* spec;
        uint32_t joins;  // of each layer's products two, or one where the second is gated
    };
    for (const Model& row :
         {Model{"v4:3x64x264:f16", 3}, Model{"v5.2:3x64x264:f32", 3}, Model{"v6:3x64x264:bf16", 3},
          Model{"v7:3x64x264:q8_0", 5}, Model{"v7:3x64x264:f16", 5}}) {
        const auto model = synthetic_model(row.spec);
        for (const std::string mask : {"", "-narrow", "-narrow,-subgroup", "-narrow,+fast-dot"}) {
            CAPTURE(concat(row.spec, " ", mask));
            const Decoded joined = decode(model, mask, 5);
            const Decoded apart = decode(model, mask.empty() ? "-joins" : mask + ",-joins", 5);
            CHECK(joined.logits == apart.logits);
            CHECK(joined.work.dispatches + row.joins == apart.work.dispatches);
            CHECK(joined.work.barriers + row.joins == apart.work.barriers);
        }
    }
}

TEST_CASE("the kernel's parameters are those of both") {
    const LinearParams linear{1, 96, 64, 0, 64, ACT_TANH, ADD_ROWS};
    const NormMixParams mix{1, 64, 1e-5f, 1.0f / 64, 6, 128, 2, 0x31, 256, 1};
    const ProductMixParams both = gpu::product_and_mix(gpu::one_product(linear), mix);
    CHECK((both.rows == 1 && both.products == 1 && both.y_width == 64));
    CHECK(unpacked(both.product[0], both.outs) == ProductAt{96, 64, ACT_TANH, ADD_ROWS, 0, 0, 0, 0});
    CHECK((both.width == 64 && both.eps == 1e-5f && both.inv_width == 1.0f / 64));
    CHECK((both.planes == 6 && both.y_stride == 128 && both.rounded == 2 && both.numbers == 0x31));
    CHECK((both.rounded_stride == 256 && both.keep == 1));
}

}  // namespace
}  // namespace rwkvk
