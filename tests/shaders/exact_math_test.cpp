// shaders/exact_math.h against double, and with denormals kept and flushed, over the whole domain of each
// function.
#include "shaders/exact_math.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "host/float_mode.h"

namespace {

using namespace rwkvk;
using namespace rwkvk::exact;

constexpr float smallest_settled = 0x1p-50f;
constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

enum class Sign { positive, both };

struct Function {
    const char* name;
    float (*exact)(float);
    double (*reference)(double);
    float lowest, highest;  // of the argument's magnitude
    Sign sign;
};

const Function functions[] = {
    {"reciprocal", exact_reciprocal, [](double x) { return 1 / x; }, 0x1p-60f, 0x1p60f, Sign::both},
    {"rsqrt", exact_rsqrt, [](double x) { return 1 / std::sqrt(x); }, 0x1p-60f, 0x1p60f, Sign::positive},
    {"exp", exact_exp, [](double x) { return std::exp(x); }, smallest_settled, 88.0f, Sign::both},
    {"log", exact_log, [](double x) { return std::log(x); }, smallest_settled, 0x1.fffffep127f,
     Sign::positive},
    {"sigmoid", exact_sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }, smallest_settled, 1e4f,
     Sign::both},
    {"silu", exact_silu, [](double x) { return x / (1 + std::exp(-x)); }, smallest_settled, 1e4f, Sign::both},
    {"tanh", exact_tanh, [](double x) { return std::tanh(x); }, smallest_settled, 1e4f, Sign::both},
    {"bounded reciprocal", exact_bounded_reciprocal, [](double x) { return 1 / x; }, smallest_settled,
     0x1p50f, Sign::positive},
};

/// Magnitudes from the lowest to the highest in equal steps of the bit pattern, so in nearly equal ratios,
/// with both ends; first the negative ones where the domain has them.
std::vector<float> sample(const Function& f) {
    const uint32_t first = std::bit_cast<uint32_t>(f.lowest), last = std::bit_cast<uint32_t>(f.highest);
    const uint32_t step = (last - first) / 300'000 | 1;  // odd: every pattern of low bits occurs
    std::vector<float> magnitudes;
    for (uint32_t bits = first; bits < last; bits += step) magnitudes.push_back(std::bit_cast<float>(bits));
    magnitudes.push_back(f.highest);
    if (f.sign == Sign::positive) return magnitudes;
    std::vector<float> points;
    for (auto m = magnitudes.rbegin(); m != magnitudes.rend(); ++m) points.push_back(-*m);
    points.insert(points.end(), magnitudes.begin(), magnitudes.end());
    return points;
}

std::vector<float> evaluate(const Function& f, const std::vector<float>& points, Denormals denormals) {
    const FloatModeScope mode(denormals);
    REQUIRE(current_denormals() == denormals);
    std::vector<float> values;
    values.reserve(points.size());
    for (const float x : points) values.push_back(f.exact(x));
    return values;
}

/// The relative error, or 0 where 0 stands for a value below the settling threshold.
double error_of(float value, double reference) {
    if (value == 0 && std::fabs(reference) < double{smallest_settled}) return 0;
    if (reference == 0) return value == 0 ? 0 : 1;
    return std::fabs(value / reference - 1);
}

TEST_CASE("every function is within 2e-7 of double over its whole domain") {
    for (const Function& f : functions) {
        const std::vector<float> points = sample(f);
        REQUIRE(points.size() >= 200'000);
        const std::vector<float> values = evaluate(f, points, Denormals::keep);
        double worst = 0;
        float worst_at = 0;
        for (size_t i = 0; i < points.size(); ++i) {
            const double error = error_of(values[i], f.reference(points[i]));
            if (!(error <= worst)) worst = error, worst_at = points[i];
        }
        INFO(f.name, " is worst at ", worst_at, ": ", worst);
        CHECK(worst <= 2e-7);
    }
}

TEST_CASE("no function depends on what the processor does with subnormal numbers") {
    for (const Function& f : functions) {
        const std::vector<float> points = sample(f);
        const std::vector<float> kept = evaluate(f, points, Denormals::keep);
        const std::vector<float> flushed = evaluate(f, points, Denormals::flush);
        size_t different = 0;
        for (size_t i = 0; i < points.size(); ++i) {
            different += std::bit_cast<uint32_t>(kept[i]) != std::bit_cast<uint32_t>(flushed[i]);
        }
        INFO(f.name);
        CHECK(different == 0);
    }
}

TEST_CASE("a rising function never falls by more than its error") {
    for (const Function& f : functions) {
        const std::vector<float> points = sample(f);
        const std::vector<float> values = evaluate(f, points, Denormals::keep);
        size_t falls = 0;
        for (size_t i = 1; i < points.size(); ++i) {
            const bool rises = f.reference(points[i]) >= f.reference(points[i - 1]);
            const float low = rises ? values[i - 1] : values[i], high = rises ? values[i] : values[i - 1];
            falls += low > high + 4e-7f * std::fabs(high) + smallest_settled;
        }
        INFO(f.name);
        CHECK(falls == 0);
    }
}

// So of two tokens the one with the lower logit never weighs more (docs/NUMERICS.md, "Sampling"). All floats
// from -40 on were tried; here the neighbours of the places where the power of two changes, and of every
// thousandth other.
TEST_CASE("the exponential never falls, not by one bit") {
    std::vector<uint32_t> magnitudes;
    for (float n = 0; n < 57; ++n) {
        const auto end = std::bit_cast<uint32_t>((n + 0.5f) * 0.693147182f);
        for (uint32_t m = end - 500; m < end + 500; ++m) magnitudes.push_back(m);
    }
    for (uint32_t m = std::bit_cast<uint32_t>(smallest_settled); m < std::bit_cast<uint32_t>(40.0f);
         m += 997) {
        magnitudes.push_back(m);
    }
    size_t falls = 0;
    for (const uint32_t m : magnitudes) {
        const auto power = [](uint32_t magnitude) { return exact_exp(-std::bit_cast<float>(magnitude)); };
        falls += power(m) < power(m + 1);
    }
    CHECK(falls == 0);
}

TEST_CASE("settle drops what is below 2^-50 and nothing else") {
    const float below = std::nextafter(smallest_settled, 0.0f);
    for (const float x : {0.0f, -0.0f, below, -below, 1e-40f, -1e-45f}) {
        CHECK(std::bit_cast<uint32_t>(settle(x)) == 0);
    }
    for (const float x : {smallest_settled, -smallest_settled, 1.0f, -3e38f, infinity, -infinity}) {
        CHECK(settle(x) == x);
    }
    CHECK(std::isnan(settle(nan)));
}

TEST_CASE("the ends and the middle of each domain are exact where that can be expected") {
    CHECK(exact_exp(0) == 1);
    CHECK(exact_log(1) == 0);
    CHECK(exact_sigmoid(0) == 0.5f);
    CHECK(exact_silu(0) == 0);
    CHECK(exact_tanh(0) == 0);
    CHECK(exact_tanh(smallest_settled) == smallest_settled);
    CHECK(exact_tanh(-10) == -1);
    CHECK(exact_rsqrt(0.25f) == 2);
    for (int power = -60; power <= 60; ++power) {
        CHECK(exact_reciprocal(std::ldexp(1.0f, power)) == std::ldexp(1.0f, -power));
    }
}

TEST_CASE("results stay finite and settled however large the argument") {
    const float largest = std::numeric_limits<float>::max();
    for (const float x : {88.5f, 1e4f, largest, infinity}) {
        CAPTURE(x);
        CHECK(exact_exp(x) == exact_exp(88));
        CHECK(exact_exp(-x) == 0);
        CHECK(exact_sigmoid(x) == 1);
        CHECK(exact_sigmoid(-x) == 0);
        CHECK(exact_silu(x) == x);
        CHECK(exact_silu(-x) == 0);
        CHECK(exact_tanh(x) == 1);
        CHECK(exact_tanh(-x) == -1);
    }
    CHECK(std::isfinite(exact_exp(88)));
    CHECK(exact_exp(-34.6f) > 0);
    CHECK(exact_exp(-34.7f) == 0);
}

TEST_CASE("a bounded reciprocal has a value for every divisor") {
    for (const float x : {0.0f, -1.0f, -infinity, 0x1p-51f}) CHECK(exact_bounded_reciprocal(x) == 0x1p50f);
    for (const float x : {0x1p51f, std::numeric_limits<float>::max(), infinity})
        CHECK(exact_bounded_reciprocal(x) == 0x1p-50f);
}

TEST_CASE("tanh is odd, bit for bit, and never beyond 1") {
    for (const float x : sample(functions[6])) {
        if (exact_tanh(-x) != -exact_tanh(x) || std::fabs(exact_tanh(x)) > 1) FAIL_CHECK("at ", x);
    }
}

TEST_CASE("NaN is passed on, so that a broken model is seen") {
    for (const Function& f : functions) {
        INFO(f.name);
        CHECK(std::isnan(f.exact(nan)));
        CHECK(std::isnan(f.exact(-nan)));
    }
}

}  // namespace
