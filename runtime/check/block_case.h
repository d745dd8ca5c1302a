#pragma once
// Cases of rounded rows and of products with matrices of blocks.

#include "runtime/check/op_case.h"

namespace rwkvk::check {

/// Encoded random values, down to subnormal halves, zeros among them.
OpCase::Matrix random_matrix(Random& random, uint32_t out, uint32_t in, WeightFormat format);

/// Of products.
inline constexpr uint32_t product_activations[] = {ACT_NONE, ACT_TANH,   ACT_SIGMOID, ACT_RELU2,
                                                   ACT_SILU, ACT_DECAY7, ACT_DECAY6};

/// The bits of floats.
std::vector<uint32_t> words_of(const std::vector<float>& values);
/// What a product adds, of one of the kinds of params.h.
std::vector<uint32_t> random_addend(Random& random, uint32_t addend, uint32_t rows, uint32_t outs);
/// So many rows that kernels for many take them: more than fit a tile where sums are short, so that it costs
/// little.
uint32_t many_rows(uint32_t in);
/// The bits of `rows` rows, rounded. Shape: x [rows][whole groups].
std::vector<uint32_t> rounded_rows(const std::vector<float>& x, uint32_t rows);

std::vector<OpCase> round_cases(CaseSet set, Random& random);
/// For every format of blocks: encoded random values with every activation, and blocks of random bits.
std::vector<OpCase> linear_blocks_cases(CaseSet set, Random& random);

}  // namespace rwkvk::check
