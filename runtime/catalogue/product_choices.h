#pragma once
// What select.cpp chooses for products with matrices: by subgroups or a lane per output, by dot products or
// floats, few rows at once or tiles.

#include "runtime/catalogue/select.h"

namespace rwkvk {

/// As many lanes as are wanted, where a workgroup can have them.
uint32_t lanes_for(const vk::DeviceFacts& facts, uint32_t wanted);
/// Of a workgroup whose lanes work for themselves.
uint32_t narrow_lanes(const vk::DeviceFacts& facts);

/// Of `linear` and `linear_blocks`, and their kinds that go on with a norm_mix; the others as in select.h.
KernelChoice choose_product(Op op, const LinearParams& p, const vk::DeviceFacts& facts);
KernelChoice choose_product_mix(Op op, const ProductMixParams& p, const vk::DeviceFacts& facts);
std::vector<KernelChoice> all_products(Op op, const vk::DeviceFacts& facts);
std::vector<KernelChoice> all_product_mixes(Op op, const vk::DeviceFacts& facts);
std::vector<KernelChoice> possible_products(Op op, const vk::DeviceFacts& facts);
std::vector<KernelChoice> possible_product_mixes(Op op, const vk::DeviceFacts& facts);

}  // namespace rwkvk
