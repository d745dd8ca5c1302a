// Nothing is ever subnormal: the CPU reference gives the same bits whether denormals are kept or flushed.
#include <doctest/doctest.h>

#include <atomic>

#include "runtime/check/op_run.h"
#include "runtime/cpu/backend.h"
#include "runtime/session/context.h"
#include "runtime/synthetic/synthetic_model.h"

namespace rwkvk {
namespace {

TEST_CASE("workers run in the mode they were given, and leave the caller's alone") {
    for (const Denormals wanted : {Denormals::keep, Denormals::flush}) {
        ThreadPool pool(2, wanted);
        std::atomic<int> wrong = 0;
        pool.parallel_for(64, [&](uint64_t, uint64_t) { wrong += current_denormals() != wanted; });
        CHECK(wrong == 0);
        CHECK(current_denormals() == Denormals::keep);
    }
}

TEST_CASE("every op gives the same bits with and without flush-to-zero") {
    ThreadPool keep(2, Denormals::keep), flush(2, Denormals::flush);
    for (size_t op = 0; op < all_ops().size(); ++op) {
        for (const uint64_t seed : {1, 2, 3}) {
            for (const check::OpCase& c :
                 check::make_cases(static_cast<Op>(op), check::CaseSet::full, seed)) {
                INFO(c.description, ", seed ", seed);
                CHECK(check::run_on_cpu(c, keep) == check::run_on_cpu(c, flush));
            }
        }
    }
}

TEST_CASE("a whole model gives the same logits and state with and without flush-to-zero") {
    for (const char* spec :
         {"v7:2x64x264:f32", "v7:2x64x264:f16", "v7:2x64x264:bf16", "v4:2x64x264:f16", "v5.0:2x64x264:f16",
          "v5.1:2x64x264:f16", "v5.2:2x64x264:f16", "v6:2x64x264:f16", "v7a:2x64x264:f16"}) {
        const auto model = synthetic_model(spec);
        std::vector<Token> tokens;
        for (Token i = 0; i < 40; ++i) tokens.push_back(i * 37 % 264);
        std::vector<std::vector<float>> logits, states;
        for (const Denormals mode : {Denormals::keep, Denormals::flush}) {
            Context context(model, cpu::make_backend(model->programs(), model->weights(), {.max_rows = 64},
                                                     {.threads = 2, .denormals = mode}));
            logits.push_back(context.feed(0, tokens));
            states.push_back(context.state(0));
        }
        CHECK(logits[0] == logits[1]);
        CHECK(states[0] == states[1]);
    }
}

}  // namespace
}  // namespace rwkvk
