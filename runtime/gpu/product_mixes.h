#pragma once
// Products and the norm_mix of what they make as one dispatch: the workgroup that ends last goes on with it.

#include "runtime/gpu/dispatches.h"

namespace rwkvk::gpu {

/// What the kernel of both takes for a product of one dispatch and the norm_mix of its y.
ProductMixParams product_and_mix(const ProductParams& product, const NormMixParams& mix);

/// The dispatches, such pairs as one where the run has one row.
std::vector<Dispatch> join_mixes(std::vector<Dispatch> dispatches, const Layout& layout,
                                 KernelStore& kernels);

}  // namespace rwkvk::gpu
