// Dispatches that do what several did: fewer of them, fewer waits, the same bits.
#include "runtime/gpu/joins.h"

#include <doctest/doctest.h>

#include <cstring>

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
    const Token nine = 9;
    const Feed last[] = {{.slot = 0, .tokens = {&nine, 1}, .want = Want::nothing, .vectors = {}}};
    context.feed(last, [](size_t, size_t, std::span<const float>) {});
    result.work = context.backend().last_run();
    test::check_no_messages(*device);
    return result;
}

constexpr uint32_t embedding = 2;  // dispatches that go into the first norm_mix

TEST_CASE("a token takes fewer dispatches and waits, and its bits stay") {
    if (!test::open_device()) return;
    struct Model {
        const char* spec;
        uint32_t mixes;  // of each layer's products two, or one where the second is gated
        uint32_t heads;
        uint32_t waits = embedding;  // that the first norm_mix saves
    };
    for (const Model& row : {Model{"v4:3x64x264:f16", 3, 0}, Model{"v5.2:3x64x264:f32", 3, 0},
                             Model{"v6:3x64x264:bf16", 3, 0}, Model{"v7:3x768x264:q8_0", 5, 3},
                             Model{"v7:3x768x264:f16", 5, 3}, Model{"v7a:3x768x264:bf16", 5, 3, 1}}) {
        const auto model = synthetic_model(row.spec);
        for (const std::string mask : {"", "-narrow", "-narrow,-subgroup", "-narrow,+fast-dot"}) {
            CAPTURE(concat(row.spec, " ", mask));
            const Decoded joined = decode(model, mask, 5);
            const Decoded apart = decode(model, mask.empty() ? "-joins" : mask + ",-joins", 5);
            CHECK(joined.logits == apart.logits);
            CHECK(joined.work.dispatches + row.mixes + row.heads + embedding == apart.work.dispatches);
            CHECK(joined.work.barriers + row.mixes + row.heads + row.waits == apart.work.barriers);
        }
    }
}

TEST_CASE("products of a head in more than one dispatch stay apart from it") {
    if (!test::open_device()) return;
    // The gate's is no low-rank matrix here: teams multiply it, and its rows lie in another order.
    const auto model = synthetic_model("v7:2x512x264:f16");
    const Decoded joined = decode(model, "-narrow", 3), apart = decode(model, "-narrow,-joins", 3);
    CHECK(joined.logits == apart.logits);
    CHECK(joined.work.dispatches + 3 + embedding == apart.work.dispatches);
}

TEST_CASE("the kernel's parameters are those of both") {
    const LinearParams linear{1, 96, 64, 0, 64, ACT_TANH, ADD_ROWS};
    const NormMixParams mix{1, 64, 1e-5f, 1.0f / 64, 6, 128, 2, 0x31, 256, 1};
    const ProductMixParams both = gpu::product_and_mix(gpu::one_product(linear), mix);
    CHECK((both.rows == 1 && both.products == 1 && both.y_width == 64));
    CHECK(unpacked(both.product[0], both.outs) == ProductAt{96, 64, ACT_TANH, ADD_ROWS, 0, 0, 0, 0});
    CHECK(std::memcmp(&both.mix, &mix, sizeof mix) == 0);
}

TEST_CASE("the parameters of the first norm_mix have those of the norm before it") {
    const NormParams norm{1, 1, 64, 1e-4f, 1.0f / 64};
    const NormMixParams mix{1, 64, 1e-5f, 1.0f / 64, 6, 128, 2, 0x31, 256, 1};
    const EmbedMixParams all = gpu::embed_and_mix(norm, mix);
    CHECK((all.rows == 1 && all.first_eps == 1e-4f));
    CHECK(std::memcmp(&all.mix, &mix, sizeof mix) == 0);
}

TEST_CASE("the parameters of a head with its products are those of the head, and their places") {
    const Head7Params head{1, 2, 64, 128, 1e-5f, 1.0f / 64, HEAD_LERP | HEAD_GATE};
    std::array<ProductPlace, UPS> ups{};
    for (uint32_t up = 0; up < UPS; ++up) ups[up].matrix = 100 + up;
    const Head7UpParams both = gpu::head_with_ups(head, ups);
    CHECK((both.rows == 1 && both.heads == 2 && both.head_size == 64 && both.width == 128));
    CHECK((both.eps == 1e-5f && both.inv_width == 1.0f / 64 && both.parts == (HEAD_LERP | HEAD_GATE)));
    for (uint32_t up = 0; up < UPS; ++up) CHECK(both.up[up].matrix == 100 + up);
}

}  // namespace
}  // namespace rwkvk
