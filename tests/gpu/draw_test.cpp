// Ten thousand draws of every stage: the device's are the sampler's.
#include <doctest/doctest.h>

#include "runtime/check/draw_case.h"
#include "runtime/check/op_run.h"
#include "tests/support/test_device.h"

namespace rwkvk::check {
namespace {

void check_draws(const test::TestDevice& device, Random& random, const std::function<void(Draw&)>& change) {
    constexpr uint32_t rows = 500, times = 20;
    ThreadPool pool(2);
    const std::vector<KernelChoice> choices = all_choices(Op::draw, device.device->facts());
    REQUIRE(choices.size() == 1);
    for (uint32_t i = 0; i < times; ++i) {
        const uint32_t vocabulary = 40 + random.below(150);
        std::vector<Draw> draws(rows);
        for (Draw& draw : draws) {
            draw = plain_draw(random);
            change(draw);
        }
        const auto spread = static_cast<Spread>(random.below(4));
        const OpCase c = draw_case(std::move(draws), vocabulary, spread, random);
        CHECK(check_case(c, choices, *device.kernels, pool) == std::vector<std::string>());
    }
}

TEST_CASE("ten thousand draws of every stage are the sampler's") {
    const auto device = test::open_device();
    if (!device) return;
    Random random(3);
    const auto share = [&] { return static_cast<float>(random.below(1000)) * 1e-3f; };
    check_draws(*device, random, [&](Draw& d) { d.temperature = 0.1f + 2 * share(); });
    check_draws(*device, random, [&](Draw& d) { d.top_p = share(); });
    check_draws(*device, random, [&](Draw& d) { d.top_k = 1 + random.below(50); });
    check_draws(*device, random, [&](Draw& d) { d.min_p = share() * share(); });
    check_draws(*device, random, [&](Draw& d) { d.typical = share(); });
    check_draws(*device, random, [&](Draw& d) {
        d.temperature = 0.5f + share();
        d.top_p = share();
        d.top_k = random.below(100);
        d.min_p = 0.1f * share();
        d.typical = share();
        d.llama_order = random.below(2);
    });
}

}  // namespace
}  // namespace rwkvk::check
