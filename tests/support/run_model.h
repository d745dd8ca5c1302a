#pragma once
// Running small models on the CPU and reading all that they say.

#include <memory>
#include <span>
#include <vector>

#include "runtime/cpu/backend.h"
#include "runtime/session/context.h"
#include "tests/support/random_model.h"
#include "tests/support/temporary_folder.h"

namespace rwkvk::test {

inline std::vector<Token> some_tokens(uint32_t count, uint64_t vocabulary) {
    std::vector<Token> tokens(count);
    for (uint32_t i = 0; i < count; ++i) tokens[i] = static_cast<Token>(i * 7 % vocabulary);
    return tokens;
}

/// Of every token, one row after the other.
inline std::vector<float> all_logits(Context& context, std::span<const Token> tokens, uint32_t chunk = 512) {
    std::vector<float> all;
    const Feed feed{.slot = 0, .tokens = tokens, .want = Want::all, .vectors = {}};
    context.feed(
        {&feed, 1},
        [&](size_t, size_t, std::span<const float> row) { all.insert(all.end(), row.begin(), row.end()); },
        chunk);
    return all;
}

inline Context on_cpu(const std::shared_ptr<const Model>& model) {
    return {model, cpu::make_backend(model->programs(), model->weights(), {.max_rows = 32}, {.threads = 2})};
}

inline std::shared_ptr<const Model> through_file(const RandomModel& model) {
    const TemporaryFolder folder;
    model.write(folder / "m.safetensors");
    return Model::load(folder / "m.safetensors");
}

}  // namespace rwkvk::test
