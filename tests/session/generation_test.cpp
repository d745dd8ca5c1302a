// Tokens that a device draws and runs by itself are those of a sampler that draws one after the other, and so
// are the states, wherever one stops.
#include "runtime/session/generation.h"

#include <doctest/doctest.h>

#include <limits>

#include "runtime/check/op_case.h"
#include "runtime/cpu/backend.h"
#include "runtime/gpu/backend.h"
#include "runtime/session/drawing.h"
#include "runtime/synthetic/synthetic_model.h"
#include "tests/support/refusal.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

using ModelPointer = std::shared_ptr<const Model>;
using text::Sampler;

const BackendOptions options{.max_rows = 16, .slots = 2, .spare_slots = Generation::spare_slots};
const std::vector<Token> prompt = {3, 1, 4, 1, 5, 9, 2, 6};
constexpr uint32_t slot = 1;

Context on_cpu(const ModelPointer& model) {
    return {model, cpu::make_backend(model->programs(), model->weights(), options, {.threads = 1})};
}
Context on_device(const ModelPointer& model, const test::TestDevice& device, uint32_t budget_ms = 50) {
    return {model, gpu::make_backend(model->programs(), model->weights(), options, *device.kernels,
                                     {.budget_ms = budget_ms})};
}

struct Settings {
    text::SamplerParams params;
    std::vector<Token> banned = {}, ends = {};
    std::vector<std::pair<Token, float>> biases = {};

    Sampler sampler() const {
        Sampler sampler(params);
        for (const Token id : banned) sampler.ban(id);
        for (const auto& [id, bias] : biases) sampler.set_bias(id, bias);
        sampler.accept(7);
        return sampler;
    }
};

std::vector<Settings> all_settings() {
    const text::PenaltyParams penalties{.presence = 0.4f, .frequency = 0.3f, .decay = 0.9f, .repeat = 1.1f};
    return {{{.seed = 1}},
            {{.temperature = 0}, {}, {}, {{17, 0.5f}}},
            {{.temperature = 0.8f, .top_p = 0.85f, .penalties = penalties, .seed = 2}, {5, 299}},
            {{.top_k = 40, .min_p = 0.001f, .typical = 0.95f, .order = text::SamplerOrder::llama, .seed = 3}},
            {{.temperature = 1.5f, .top_p = 0.9f, .top_k = 200, .typical = 0.9f, .seed = 1ull << 40},
             {},
             {},
             {{2, -3.0f}}}};
}

/// What a generation leaves behind.
struct Result {
    std::vector<Token> tokens;
    text::SamplerState sampler;
    std::vector<float> state;
    bool operator==(const Result&) const = default;
};

/// One token after the other by the sampler; the state holds the first `kept`.
Result plainly(Context& context, const Settings& settings, size_t count, size_t kept) {
    context.reset(slot);
    Sampler sampler = settings.sampler();
    std::vector<float> logits = context.feed(slot, prompt);
    Result result;
    while (result.tokens.size() < count) {
        const Token token = result.tokens.emplace_back(sampler.sample(logits));
        sampler.accept(token);
        if (result.tokens.size() == kept + 1) result.state = context.state(slot);
        logits = context.feed(slot, {&token, 1});
    }
    if (kept == count) result.state = context.state(slot);
    result.sampler = sampler.state();
    return result;
}

/// The same by a Generation, of whose tokens those from `kept` on may be taken back.
Result generated(Context& context, const Settings& settings, size_t count, size_t kept, size_t limit) {
    context.reset(slot);
    Sampler sampler = settings.sampler();
    const std::vector<float> logits = context.feed(slot, prompt);
    Generation generation(context, logits, sampler, {.slot = slot, .ends = settings.ends, .limit = limit});
    while (generation.tokens().size() < count && !generation.ended())
        generation.next(std::min(generation.tokens().size(), kept));
    generation.stop(kept);
    return {generation.tokens(), sampler.state(), context.state(slot)};
}

TEST_CASE("a generation is what a sampler draws, token by token, on every version and device") {
    check::Random random(1);
    for (const char* spec : {"v4:2x64x300:f16", "v5.2:1x64x300:f16", "v6:1x64x300:q8_0", "v7:2x64x300:f16",
                             "arwkv7:1x64x300:f16", "rwkv6qwen2:1x64x300:f16"}) {
        const ModelPointer model = synthetic_model(spec);
        Context reference = on_cpu(model);
        for (const char* mask : {"+sampling", "+sampling,-mapped", "+sampling,-timeline", "+sampling,-joins",
                                 "minimum,+sampling", "-sampling"}) {
            const auto device = test::open_device(mask);
            if (!device) return;
            Context context = on_device(model, *device, /*budget_ms*/ 1);
            CHECK((context.backend().token_loop() != nullptr) == device->device->facts().sampling);
            for (const Settings& settings : all_settings()) {
                const size_t count = 20 + random.below(80), kept = count - random.below(20);
                INFO(spec, " ", mask, " ", count, " ", kept);
                const Result expected = plainly(reference, settings, count, kept);
                CHECK(generated(context, settings, count, kept, count) == expected);
                CHECK(generated(context, settings, count, kept, 1000) == expected);
            }
            test::check_no_messages(*device);
        }
        const Settings settings = all_settings()[2];
        CHECK(generated(reference, settings, 50, 44, 1000) == plainly(reference, settings, 50, 44));
    }
}

TEST_CASE("a device draws as many tokens as were asked for before the host looks at one") {
    const ModelPointer model = synthetic_model("v7:2x64x300:f16");
    const auto device = test::open_device("+sampling");
    if (!device) return;
    Context reference = on_cpu(model), context = on_device(model, *device);
    const Settings settings = all_settings()[2];
    const Result expected = plainly(reference, settings, TokenLoop::depth + 1, 0);
    const std::vector<float> logits = context.feed(slot, prompt);
    const uint32_t entry = 2 * slot + 1;  // one run has written it
    const auto drawing = drawing_of(settings.sampler(), 300, {}, slot, entry);
    REQUIRE(drawing);
    TokenLoop* const loop = context.backend().token_loop();
    REQUIRE(loop);
    loop->draw_first(*drawing, logits);
    for (uint32_t i = 0; i < TokenLoop::depth; ++i) loop->step();
    for (const Token token : expected.tokens) CHECK(loop->take().token == token);
}

TEST_CASE("an end is not fed, whoever draws it") {
    const ModelPointer model = synthetic_model("v7:2x64x300:f16");
    const auto device = test::open_device("+sampling");
    if (!device) return;
    Context reference = on_cpu(model), context = on_device(model, *device);
    for (Settings settings : all_settings()) {
        const Result all = plainly(reference, settings, 60, 60);
        for (const size_t end : {size_t{0}, size_t{1}, size_t{40}}) {
            const auto first =
                std::find(all.tokens.begin(), all.tokens.end(), all.tokens[end]) - all.tokens.begin();
            const auto count = static_cast<size_t>(first) + 1;
            settings.ends = {299, all.tokens[end]};
            if (std::find(all.tokens.begin(), all.tokens.end(), 299) < all.tokens.begin() + first) continue;
            const Result expected = plainly(reference, settings, count, count - 1);
            CHECK(generated(context, settings, 60, count - 1, 60) == expected);
            CHECK(generated(reference, settings, 60, count - 1, 60) == expected);
        }
    }
}

TEST_CASE("a generation can be taken back twice, and the slot goes on from there") {
    const ModelPointer model = synthetic_model("v6:2x64x300:f16");
    const auto device = test::open_device("+sampling");
    if (!device) return;
    Context reference = on_cpu(model), context = on_device(model, *device);
    const Settings settings = all_settings()[0];
    const Result expected = plainly(reference, settings, 90, 83);
    context.copy(0, slot);
    Sampler sampler = settings.sampler();
    const std::vector<float> logits = context.feed(slot, prompt);
    Generation generation(context, logits, sampler, {.slot = slot});
    while (generation.tokens().size() < 90) generation.next(std::min<size_t>(generation.tokens().size(), 83));
    generation.stop(88);
    generation.stop(83);
    CHECK(context.state(slot) == expected.state);
    const std::vector<Token> more = {8, 7};
    plainly(reference, settings, 83, 83);
    CHECK(context.feed(slot, more) == reference.feed(slot, more));
    CHECK(context.state(slot) == reference.state(slot));
}

TEST_CASE("what the sampler refuses, a generation refuses; logits that are not finite are named") {
    const ModelPointer model = synthetic_model("v7:1x64x300:f16");
    const auto device = test::open_device("+sampling");
    if (!device) return;
    Context context = on_device(model, *device);
    const std::vector<float> logits = context.feed(slot, prompt);
    context.copy(slot, 0);
    const std::vector<float> again = context.feed(0, {prompt.data(), 1});
    Sampler all_banned{text::SamplerParams{}};
    for (Token id = 0; id < 300; ++id) all_banned.ban(id);
    test::check_contains(
        test::refusal_of([&] { Generation(context, logits, all_banned, {.slot = slot}).next(); },
                         Code::bad_argument),
        "banned");
    Sampler unknown{text::SamplerParams{}};
    unknown.set_bias(300, 1);
    test::check_contains(
        test::refusal_of([&] { Generation(context, logits, unknown, {.slot = slot}).next(); },
                         Code::bad_token),
        "300");
    std::vector<float> state = context.state(slot);
    for (float& x : state) x = 3e38f;
    context.set_state(slot, state);
    Sampler sampler{text::SamplerParams{}};
    Generation generation(context, logits, sampler, {.slot = slot});
    test::check_contains(test::refusal_of(
                             [&] {
                                 for (int i = 0; i < 50; ++i) generation.next();
                             },
                             Code::not_finite),
                         "not finite");
    context.reset(slot);
    CHECK(context.feed(slot, prompt) == logits);
    std::vector<float> spoilt = logits;
    spoilt[7] = std::numeric_limits<float>::quiet_NaN();
    for (const size_t limit : {1, 2, 3}) {  // nothing was fed, whatever was asked for
        Generation spoilt_from_the_start(context, spoilt, sampler, {.slot = slot, .limit = limit});
        test::check_contains(test::refusal_of([&] { spoilt_from_the_start.next(); }, Code::not_finite),
                             "token 0");
        context.copy(slot, 0);
        CHECK(context.feed(0, {prompt.data(), 1}) == again);
    }
}

TEST_CASE("a stop that is followed by an earlier one, whoever draws") {
    const ModelPointer model = synthetic_model("v7:1x64x300:f16");
    const auto device = test::open_device("+sampling");
    if (!device) return;
    Context reference = on_cpu(model), on_host = on_cpu(model), context = on_device(model, *device);
    const Settings settings = all_settings()[0];
    for (const size_t count : {size_t{1}, size_t{2}, size_t{37}}) {
        const Result expected = plainly(reference, settings, count, count - 1);
        for (Context* const on : {&on_host, &context}) {
            on->reset(slot);
            Sampler sampler = settings.sampler();
            const std::vector<float> logits = on->feed(slot, prompt);
            Generation generation(*on, logits, sampler, {.slot = slot, .limit = count});
            while (generation.tokens().size() < count) generation.next();
            generation.stop(count);
            generation.stop(count - 1);
            CHECK(on->state(slot) == expected.state);
        }
    }
}

}  // namespace
}  // namespace rwkvk
