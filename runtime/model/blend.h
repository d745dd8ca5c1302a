#pragma once
// What an adapter adds to a row of a weight matrix.

#include <cstdint>
#include <span>
#include <vector>

namespace rwkvk {

/// What one adapter does to one matrix [out, in]. All float32; docs/NUMERICS.md, "Adapters".
struct Blend {
    enum class Kind {
        product,  // a [rank, in], b [out, rank]: scale · b·a
        pieces,   // a [rank, out]: column c of a piece of `rank` columns changes by scale · a[c]
        blocks,   // a [in / rank, rank, rank]: of blocks W[o, i], by scale · (W[o, i]·a[i] + a[i])
    };
    Kind kind = Kind::product;
    uint32_t rank = 0;
    float scale = 1.0f;
    std::vector<float> a, b;
};

/// Adds it to row `row` of the matrix. The float mode must keep denormals.
void blend_row(const Blend& blend, uint32_t row, std::span<float> values);

}  // namespace rwkvk
