#pragma once
// A model against a transcription of its formulas in double.

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "runtime/gpu/backend.h"
#include "tests/support/golden.h"
#include "tests/support/run_model.h"
#include "tests/support/test_device.h"

namespace rwkvk::test {

/// Logits of every token and the final state on the CPU, within what float32 can do, and the same bits from
/// the device, if there is one, in pieces. `reference` has feed(token), which gives logits, and state().
template <typename Reference>
void check_reference(Reference& reference, const std::shared_ptr<const Model>& model,
                     const std::vector<Token>& tokens, const TestDevice* device) {
    std::vector<float> expected;
    for (const Token token : tokens) {
        for (const double logit : reference.feed(token)) expected.push_back(static_cast<float>(logit));
    }
    Context cpu = on_cpu(model);
    const std::vector<float> found = all_logits(cpu, tokens);
    CHECK(largest_difference(expected, found) <= 3e-5 * spread(expected));
    const std::vector<float> state = reference.state();
    CHECK(largest_difference(state, cpu.state(0)) <= 1e-4 * largest(state));
    if (!device) return;
    Context gpu(
        model, gpu::make_backend(model->programs(), model->weights(), {.max_rows = 8}, *device->kernels, {}));
    CHECK(all_logits(gpu, tokens, 7) == found);
    CHECK(gpu.state(0) == cpu.state(0));
}

}  // namespace rwkvk::test
