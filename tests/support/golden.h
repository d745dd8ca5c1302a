#pragma once
// Golden sets: a manifest.json and a golden.bin of float32 arrays, made by the official code.

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace rwkvk::test {

struct Golden {
    nlohmann::json manifest;
    std::vector<float> values;

    explicit Golden(const std::string& folder) {
        std::ifstream(folder + "/manifest.json") >> manifest;
        values = read_floats(folder + "/golden.bin");
    }

    std::vector<uint32_t> tokens() const { return manifest["tokens"].get<std::vector<uint32_t>>(); }

    std::span<const float> array(const std::string& name) const {
        const auto& entry = manifest["tensors"].at(name);
        uint64_t count = 1;
        for (const uint64_t n : entry["shape"]) count *= n;
        return {values.data() + entry["offset"].get<uint64_t>() / 4, count};
    }

    static std::vector<float> read_floats(const std::string& path) {
        std::ifstream file(path, std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(file), {}};
        REQUIRE(bytes.size() >= 4);
        std::vector<float> floats(bytes.size() / 4);
        std::memcpy(floats.data(), bytes.data(), floats.size() * 4);
        return floats;
    }
};

inline double largest_difference(std::span<const float> a, std::span<const float> b) {
    REQUIRE(a.size() == b.size());
    double worst = 0;
    for (size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::fabs(double{a[i]} - double{b[i]}));
    return worst;
}

/// Standard deviation: what "spread" means for logits.
inline double spread(std::span<const float> values) {
    double sum = 0, squares = 0;
    for (const float v : values) sum += v, squares += double{v} * v;
    const double mean = sum / static_cast<double>(values.size());
    return std::sqrt(squares / static_cast<double>(values.size()) - mean * mean);
}

inline double largest(std::span<const float> values) {
    double worst = 0;
    for (const float v : values) worst = std::max(worst, std::fabs(double{v}));
    return worst;
}

}  // namespace rwkvk::test
