#include "runtime/check/batch_bench.h"

#include "host/stopwatch.h"
#include "host/thread_pool.h"
#include "runtime/engine/engine.h"

namespace rwkvk::check {
namespace {

text::Sampler sampler_of(uint32_t sequence) { return text::Sampler({.top_p = 0.85f, .seed = sequence + 1}); }

Token first_token(const Context& context, uint32_t sequence) {
    return (13 + sequence) % context.model().programs().vocabulary;
}

}  // namespace

double drawn_together_rate(Context& context, uint32_t count, uint32_t batch) {
    ThreadPool pool;
    std::vector<text::Sampler> samplers;
    std::vector<Token> tokens;
    std::vector<std::vector<float>> logits(batch);
    for (uint32_t i = 0; i < batch; ++i) {
        context.reset(i);
        samplers.push_back(sampler_of(i));
        tokens.push_back(first_token(context, i));
    }
    const Stopwatch watch;
    for (uint32_t step = 0; step < count; ++step) {
        std::vector<Feed> feeds(batch);
        for (uint32_t i = 0; i < batch; ++i)
            feeds[i] = {.slot = i, .tokens = {&tokens[i], 1}, .want = Want::last, .vectors = {}};
        context.feed(feeds, [&](size_t i, size_t, std::span<const float> row) {
            logits[i].assign(row.begin(), row.end());
        });
        pool.parallel_for(batch, [&](uint64_t begin, uint64_t end) {
            for (uint64_t i = begin; i < end; ++i) tokens[i] = samplers[i].sample(logits[i]);
        });
    }
    return uint64_t{count} * batch / watch.seconds();
}

double engine_rate(Context& context, uint32_t count, uint32_t batch) {
    const auto borrowed = [&] { return std::shared_ptr<Context>(std::shared_ptr<void>(), &context); };
    const std::shared_ptr<const Model> model(std::shared_ptr<void>(), &context.model());
    engine::Engine engine(model, text::make_byte_tokenizer(), borrowed, {.queue = batch, .cache_bytes = 0});
    size_t done = 0;
    const auto listen = [&](uint64_t, const engine::Event& event) {
        done += std::holds_alternative<engine::Done>(event);
    };
    for (uint32_t i = 0; i < batch; ++i) {
        engine.submit({.prompt = {first_token(context, i)}, .sampler = sampler_of(i), .limit = count},
                      listen);
    }
    const Stopwatch watch;
    while (done < batch) engine.step();
    return uint64_t{count} * batch / watch.seconds();
}

}  // namespace rwkvk::check
