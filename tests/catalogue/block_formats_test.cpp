// Formats of blocks: ggml's blocks decode to ggml's values, and what is encoded here comes as close as what
// ggml encodes.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>

#include "runtime/catalogue/weights.h"
#include "runtime/check/op_case.h"
#include "runtime/model/fingerprint.h"
#include "tests/support/reference_folder.h"

namespace rwkvk {
namespace {

constexpr size_t values_given = 1024;

std::vector<WeightFormat> block_formats() {
    std::vector<WeightFormat> formats;
    for (size_t i = 0; i < all_weights().size(); ++i) {
        if (all_weights()[i].block_elements > 1) formats.push_back(static_cast<WeightFormat>(i));
    }
    return formats;
}

/// tests/data/quants: 1024 values, ggml's blocks of them, and what those decode to.
std::string data(const std::string& name) {
    const std::string bytes = test::contents_of(std::string(RWKVK_TEST_DATA "/quants/") + name);
    REQUIRE(!bytes.empty());
    return bytes;
}

std::vector<float> floats(const std::string& name) {
    const std::string bytes = data(name);
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

std::vector<float> decoded(WeightFormat format, const std::byte* stored, size_t count) {
    std::vector<float> values(count, NAN);
    decode(format, stored, values);
    return values;
}

std::vector<float> there_and_back(WeightFormat format, const std::vector<float>& values) {
    std::vector<std::byte> stored(stored_bytes(format, values.size()), std::byte{0xff});
    encode(format, values, stored.data());
    CHECK(settle_stored(format, stored.data(), values.size()) == -1);
    return decoded(format, stored.data(), values.size());
}

double error(const std::vector<float>& values, const std::vector<float>& found) {
    double sum = 0;
    for (size_t i = 0; i < values.size(); ++i) sum += std::pow(double{values[i]} - found[i], 2);
    return std::sqrt(sum / static_cast<double>(values.size()));
}

TEST_CASE("ggml's blocks decode to the same bits") {
    REQUIRE(block_formats().size() == 12);
    for (const WeightFormat format : block_formats()) {
        const std::string name(info(format).name);
        CAPTURE(name);
        const std::string blocks = data(name + ".blocks.bin");
        REQUIRE(blocks.size() == stored_bytes(format, values_given));
        const std::vector<float> expected = floats(name + ".f32.bin");
        const std::vector<float> found =
            decoded(format, reinterpret_cast<const std::byte*>(blocks.data()), values_given);
        CHECK(std::memcmp(found.data(), expected.data(), values_given * sizeof(float)) == 0);
    }
}

TEST_CASE("what is encoded is as close as ggml's") {
    const std::vector<float> values = floats("input.f32.bin");
    for (const WeightFormat format : block_formats()) {
        const std::string name(info(format).name);
        CAPTURE(name);
        const double theirs = error(values, floats(name + ".f32.bin"));
        CHECK(error(values, there_and_back(format, values)) <= 1.03 * theirs);
    }
}

TEST_CASE("the bits that the encoders make stay: files and converted models depend on them") {
    const std::vector<float> values = floats("input.f32.bin");
    const std::map<std::string_view, const char*> expected = {
        {"q8_0", "090cb67131dc1f8d"}, {"q4_0", "3dc52753d8b9eb42"},   {"q4_1", "8e8e912cbebc730c"},
        {"q5_0", "12ffce19573bba73"}, {"q5_1", "db0fabbc6abeb1a0"},   {"q2_k", "264fc67620aa800d"},
        {"q3_k", "ffe5ba5f7eee5c39"}, {"q4_k", "bf80fe665fdfcdb3"},   {"q5_k", "6207db3eca9834e7"},
        {"q6_k", "e4ea9828f5946a0d"}, {"iq4_nl", "584510771776c1aa"}, {"iq4_xs", "ab0e3276420c6b03"}};
    for (const WeightFormat format : block_formats()) {
        CAPTURE(info(format).name);
        std::vector<std::byte> stored(stored_bytes(format, values.size()));
        encode(format, values, stored.data());
        Fingerprint print;
        print.add(stored);
        CHECK(print.hex() == expected.at(info(format).name));
    }
}

TEST_CASE("awkward blocks are encoded too") {
    check::Random random(4);
    for (const WeightFormat format : block_formats()) {
        CAPTURE(info(format).name);
        const uint32_t n = info(format).block_elements;
        const std::vector<float> zeros(n, 0.0f);
        CHECK(there_and_back(format, zeros) == zeros);

        for (const float constant : {1.0f, -0.25f}) {
            const std::vector<float> same(n, constant);
            for (const float value : there_and_back(format, same))
                CHECK(std::abs(value - constant) <= 0.02f * std::abs(constant));
        }
        // Larger than the scales can say: as large as they can. Smaller: zero.
        for (const float value : there_and_back(format, std::vector<float>(n, 3e38f)))
            CHECK((value > 1e4f && std::isfinite(value)));
        for (const float value : there_and_back(format, std::vector<float>(n, 1e-30f)))
            CHECK(std::abs(value) < 1e-6f);
        // One element far out of the others.
        std::vector<float> outlier(n);
        for (float& value : outlier) value = random.number(-8, -7);
        outlier[n / 3] = -4.0f;
        CHECK(std::abs(there_and_back(format, outlier)[n / 3] + 4.0f) < 0.7f);
    }
}

TEST_CASE("a scale that is no number is found") {
    for (const WeightFormat format : block_formats()) {
        CAPTURE(info(format).name);
        const WeightInfo& row = info(format);
        std::vector<float> values(3 * row.block_elements, 1.0f);
        std::vector<std::byte> stored(stored_bytes(format, values.size()));
        encode(format, values, stored.data());
        // Any f16 of the second block: the ends of it are where scales are.
        std::byte* block = stored.data() + row.block_bytes;
        size_t found = 0;
        for (const uint32_t at : {0u, 2u, row.block_bytes - 4, row.block_bytes - 2}) {
            std::vector<std::byte> before(block, block + row.block_bytes);
            const uint16_t infinity = 0xfc00u;
            std::memcpy(block + at, &infinity, sizeof infinity);
            const int64_t bad = settle_stored(format, stored.data(), values.size());
            if (bad >= 0) {
                ++found;
                CHECK(bad == row.block_elements);
            }
            std::ranges::copy(before, block);
        }
        CHECK(found >= 1);
    }
}

TEST_CASE("every format can be multiplied by a power of two, exactly or not at all") {
    check::Random random(7);
    std::vector<float> values(512);
    for (float& value : values) value = random.number(-9, 1);
    for (size_t f = 0; f < all_weights().size(); ++f) {
        const auto format = static_cast<WeightFormat>(f);
        INFO(info(format).name);
        std::vector<std::byte> original(stored_bytes(format, values.size()));
        encode(format, values, original.data());
        std::vector<float> before(values.size()), after(values.size());
        decode(format, original.data(), before);
        for (const uint32_t exponent : {0u, 1u, 5u}) {
            std::vector<std::byte> stored = original;
            CHECK(scale_stored(format, stored.data(), values.size(), exponent) == -1);
            decode(format, stored.data(), after);
            for (size_t i = 0; i < values.size(); ++i) {
                if (after[i] != before[i] * static_cast<float>(1u << exponent)) FAIL_CHECK("element ", i);
            }
        }
        // The second half of the numbers is zero, and stays so.
        std::fill(values.begin() + 256, values.end(), 0.0f);
        std::vector<std::byte> stored = original;
        encode(format, values, stored.data());
        CHECK(scale_stored(format, stored.data() + stored.size() / 2, 256, 1000) == -1);
        CHECK(scale_stored(format, stored.data(), values.size(), 1000) == 0);
        for (float& value : values) value = random.number(-9, 1);
    }
}

}  // namespace
}  // namespace rwkvk
