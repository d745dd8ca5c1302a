#pragma once
// Products of one phase share dispatches: fewer of them, and the device is busy to the end of the phase.

#include "runtime/catalogue/product_place.h"
#include "runtime/gpu/dispatches.h"

namespace rwkvk::gpu {

/// What a kernel of products takes for one product. Errors: Code::unsupported where it is too large.
ProductParams one_product(const LinearParams& params);

struct MergeLimits {
    uint64_t binding_bytes;  // of one binding
    uint64_t cost;           // of one dispatch
    uint32_t groups;         // along x
};

/// The dispatches, those of products with the same kernel in the same phase together where their buffers
/// allow. `phases`: of every dispatch, ascending; `products`: whether it is one.
std::vector<Dispatch> share_dispatches(const std::vector<Dispatch>& dispatches,
                                       const std::vector<uint32_t>& phases, const std::vector<bool>& products,
                                       const MergeLimits& limits);

}  // namespace rwkvk::gpu
