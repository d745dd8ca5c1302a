// Whatever float mode a program's thread is in, the border gives the same bits, and leaves the mode as it
// was.
#include <doctest/doctest.h>

#include <rwkvk_tools.h>

#include <cfenv>
#include <rwkvk.hpp>

namespace {

using rwkvk::Token;

class Rounding {
  public:
    explicit Rounding(int mode) { std::fesetround(mode); }
    ~Rounding() { std::fesetround(FE_TONEAREST); }
};

struct Results {
    std::vector<float> logits, state;
    std::vector<Token> drawn;
    std::string model;
};

/// Everything from loading to drawing in this thread's mode.
Results results_of(const char* spec) {
    const rwkvk::Runtime runtime;
    rwkvk_model* handle = nullptr;
    runtime.check(rwkvk_tools_synthetic(runtime.handle(), spec, 1, &handle));
    const rwkvk::Model model(runtime.shared(), handle);
    rwkvk_context_params params = rwkvk::context_params();
    params.device = "cpu";
    rwkvk::Context context(model, params);
    Results results;
    results.logits = context.eval(0, {5, 200, 0, 263, 77});
    results.state = context.state(0);
    results.model = model.fingerprint();
    rwkvk_sampler_params sampling = rwkvk::sampler_params();
    sampling.temperature = 3;
    sampling.top_p = 0.9f;
    sampling.presence = sampling.frequency = 0.1f;
    sampling.repeat = 1.3f;
    rwkvk::Sampler sampler(runtime, sampling);
    std::vector<float> logits = results.logits;
    for (int i = 0; i < 300; ++i) results.drawn.push_back(sampler.sample(logits));
    return results;
}

TEST_CASE("no result depends on the caller's rounding mode") {
    // 96 channels and heads of 48: what programs hold of them, as 1/96, is not exact.
    for (const char* spec : {"v7:2x96x301:f16", "rwkv6qwen2:2x128x300:q8_0"}) {
        CAPTURE(spec);
        const Results expected = results_of(spec);
        for (const int mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
            CAPTURE(mode);
            const Rounding rounding(mode);
            const Results found = results_of(spec);
            CHECK(std::fegetround() == mode);
            CHECK(found.logits == expected.logits);
            CHECK(found.state == expected.state);
            CHECK(found.drawn == expected.drawn);
            CHECK(found.model == expected.model);
        }
    }
}

}  // namespace
