// Weights that the device's memory does not hold stay in the host's: the same bits wherever they lie.
#include <doctest/doctest.h>

#include <algorithm>

#include "runtime/cpu/backend.h"
#include "runtime/gpu/backend.h"
#include "runtime/gpu/device_weights.h"
#include "runtime/graph/fusion.h"
#include "runtime/session/context.h"
#include "runtime/synthetic/synthetic_model.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

std::vector<Token> tokens_of(uint32_t count) {
    std::vector<Token> tokens(count);
    for (uint32_t i = 0; i < count; ++i) tokens[i] = (i * 37 + 5) % 64;
    return tokens;
}

/// Of a prompt and of one token more.
std::vector<std::vector<float>> results(Context& context) {
    return {context.feed(0, tokens_of(40)), context.feed(0, tokens_of(1)), context.state(0)};
}

uint64_t bytes_of(const gpu::MatrixRecord& matrix) {
    uint64_t bytes = 0;
    for (const gpu::MatrixRecord::Piece& piece : matrix.pieces) bytes += piece.bytes;
    return bytes;
}

TEST_CASE("every limit gives the bits of the CPU") {
    const auto device = test::open_device();
    if (!device) return;
    for (const char* name : {"v7:2x256x300:f16", "v6:2x256x300:q8_0", "v4:2x256x64:q4_k"}) {
        const auto model = synthetic_model(name);
        const BackendOptions options{.max_rows = 32, .slots = 1};
        Context on_cpu(model,
                       cpu::make_backend(model->programs(), model->weights(), options, {.threads = 1}));
        const auto expected = results(on_cpu);
        for (const uint64_t limit : {1u, 100'000u, 300'000u, 1'000'000'000u}) {
            CAPTURE(concat(name, ", ", limit));
            BackendOptions limited = options;
            limited.weight_bytes = limit;
            Context context(
                model, gpu::make_backend(model->programs(), model->weights(), limited, *device->kernels, {}));
            CHECK(results(context) == expected);
        }
    }
    test::check_no_messages(*device);
}

TEST_CASE("as much as the limit allows lies on the device, the embedding last") {
    const auto device = test::open_device();
    if (!device) return;
    const auto model = synthetic_model("v7:4x256x4096:f16");
    const ModelPrograms programs = fused(model->programs(), {.largest_head = 64});
    const std::vector<const Program*> both = {&programs.body, &programs.head};
    const auto load = [&](uint64_t limit) {
        return gpu::DeviceWeights(*device->device, both, model->weights(), limit);
    };
    const gpu::DeviceWeights all = load(0);
    const uint64_t whole = all.device_bytes();
    CHECK(all.host_bytes() == 0);
    const auto embedding = std::ranges::find(programs.body.matrices, "emb.weight", &MatrixRequest::name);
    REQUIRE(embedding != programs.body.matrices.end());
    const uint64_t table = bytes_of(all.matrix(*embedding));
    for (const uint64_t limit : {whole - 1, whole - table, whole / 2, uint64_t{1}}) {
        const gpu::DeviceWeights some = load(limit);
        CAPTURE(limit);
        CHECK(some.device_bytes() <= limit);
        CHECK(some.device_bytes() + some.host_bytes() == whole);
        if (limit >= whole - table) CHECK(some.device_bytes() == whole - table);
    }
    CHECK(load(whole).host_bytes() == 0);
    CHECK(load(1).device_bytes() == 0);
}

}  // namespace
}  // namespace rwkvk
