// The RWKV-4 recurrence, from docs/NUMERICS.md: a weighted mean of all values so far, kept as numerator,
// denominator and the largest exponent, which both are divided by.
#include "runtime/cpu/call.h"
#include "shaders/exact_math.h"

namespace rwkvk::cpu {

using namespace exact;

namespace {

struct Channel {
    float numerator, denominator, maximum;

    float output(float k, float v, float first) const {
        const float here = settle(first + k);
        const float top = maximum > here ? maximum : here;
        const float past = exact_exp(settle(maximum - top)), now = exact_exp(settle(here - top));
        const float sum = settle(past * numerator + now * v);
        return settle(sum * exact_bounded_reciprocal(settle(past * denominator + now)));
    }

    void advance(float k, float v, float decay) {
        const float decayed = settle(maximum + decay);
        const float top = decayed > k ? decayed : k;
        const float past = exact_exp(settle(decayed - top)), now = exact_exp(settle(k - top));
        numerator = settle(past * numerator + now * v);
        denominator = settle(past * denominator + now);
        maximum = top;
    }
};

}  // namespace

void run_wkv4(const Call& call) {
    const auto p = call.params.as<ElementParams>();
    const float *k = call.in(1), *v = call.in(2), *decay = call.in(3), *first = call.in(4);
    float* y = call.out(8);
    call.pool->parallel_for(uint64_t{p.rows} * p.width, [&](uint64_t begin, uint64_t end) {
        for (uint64_t n = begin; n < end; ++n) {
            const uint32_t* sequence = call.table(0) + n / p.width * 4;
            if (sequence[1] == 0) continue;
            const uint64_t i = n % p.width, at = uint64_t{sequence[2]} * p.width + i;
            Channel channel{call.out(5)[at], call.out(6)[at], call.out(7)[at]};
            for (uint32_t t = 0; t < sequence[1]; ++t) {
                const uint64_t row = (uint64_t{sequence[0]} + t) * p.width + i;
                y[row] = channel.output(k[row], v[row], first[i]);
                channel.advance(k[row], v[row], decay[i]);
            }
            call.out(5)[at] = channel.numerator;
            call.out(6)[at] = channel.denominator;
            call.out(7)[at] = channel.maximum;
        }
    });
}

}  // namespace rwkvk::cpu
