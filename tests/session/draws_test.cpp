// What is drawn from a model's logits, token after token, is the same on the CPU and on a device.
#include <doctest/doctest.h>

#include <set>

#include "runtime/cpu/backend.h"
#include "runtime/gpu/backend.h"
#include "runtime/session/context.h"
#include "runtime/text/sampler.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr uint32_t tokens_per_seed = 3;  // thirty times slower
#else
constexpr uint32_t tokens_per_seed = 24;
#endif
constexpr uint32_t seeds = 1000, seeds_together = 200;
const BackendOptions options{.max_rows = 128, .slots = seeds_together};

const std::vector<text::SamplerParams>& settings() {
    using text::SamplerOrder;
    static const std::vector<text::SamplerParams> all = {
        {},
        {.temperature = 0.8f, .top_p = 0.9f},
        {.temperature = 1.5f, .top_k = 40, .min_p = 0.02f, .order = SamplerOrder::llama},
        {.typical = 0.9f, .penalties = {.presence = 0.4f, .frequency = 0.4f, .decay = 0.99f}},
        {.temperature = 2.0f, .top_p = 0.95f, .penalties = {.repeat = 1.3f}, .order = SamplerOrder::llama},
        {.temperature = 0.3f, .top_p = 0.99f, .min_p = 0.001f, .typical = 0.97f},
    };
    return all;
}

/// One sequence: what it was fed and what it drew.
struct Sequence {
    text::Sampler sampler;
    std::vector<Token> next;  // to be fed
    std::vector<Token> drawn;

    explicit Sequence(uint64_t seed) : sampler(seeded(seed)) {
        for (uint64_t i = 0; i <= seed % 3; ++i)
            next.push_back(static_cast<Token>((seed * 37 + i * 11) % 264));
    }
    static text::SamplerParams seeded(uint64_t seed) {
        text::SamplerParams params = settings()[seed % settings().size()];
        params.seed = seed;
        return params;
    }
    void draw(std::span<const float> logits) {
        const Token token = sampler.sample(logits);
        sampler.accept(token);
        drawn.push_back(token);
    }
};

/// One token more of every sequence, all fed together.
void step(Context& context, std::vector<Sequence>& sequences) {
    std::vector<Feed> feeds;
    for (uint32_t slot = 0; slot < sequences.size(); ++slot)
        feeds.push_back({.slot = slot, .tokens = sequences[slot].next, .want = Want::last, .vectors = {}});
    context.feed(feeds,
                 [&](size_t feed, size_t, std::span<const float> logits) { sequences[feed].draw(logits); });
    for (Sequence& sequence : sequences) sequence.next = {sequence.drawn.back()};
}

/// By seed.
std::vector<std::vector<Token>> draw_all(Context& context) {
    std::vector<std::vector<Token>> drawn;
    for (uint64_t first = 0; first < seeds; first += seeds_together) {
        std::vector<Sequence> sequences;
        for (uint32_t slot = 0; slot < seeds_together; ++slot) {
            context.reset(slot);
            sequences.emplace_back(first + slot);
        }
        for (uint32_t i = 0; i < tokens_per_seed; ++i) step(context, sequences);
        for (Sequence& sequence : sequences) drawn.push_back(std::move(sequence.drawn));
    }
    return drawn;
}

TEST_CASE("a thousand seeds draw the same tokens on the CPU and on a device") {
    const auto model = Model::load(RWKVK_TEST_DATA "/v7.0/model-bf16.pth");
    Context cpu(model, cpu::make_backend(model->programs(), model->weights(), options, {.threads = 2}));
    const auto on_cpu = draw_all(cpu);
    CHECK(std::set(on_cpu.begin(), on_cpu.end()).size() >
          seeds * 9 / 10);  // there was something to draw from
    const auto device = test::open_device();
    if (!device) return;
    Context gpu(model, gpu::make_backend(model->programs(), model->weights(), options, *device->kernels, {}));
    const auto on_device = draw_all(gpu);
    size_t different = 0;
    for (size_t seed = 0; seed < seeds; ++seed) different += on_cpu[seed] != on_device[seed];
    CHECK(on_device.size() == seeds);
    CHECK(different == 0);
    test::check_no_messages(*device);
}

}  // namespace
}  // namespace rwkvk
