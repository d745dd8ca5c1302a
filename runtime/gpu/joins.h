#pragma once
// Dispatches of a run of one row that do what several did: of a product and the norm_mix of what it makes,
// where the workgroup that ends last goes on; of a head7 and the products of which it is made; of the
// embedding, its norm and the first norm_mix.

#include "runtime/gpu/dispatches.h"

namespace rwkvk::gpu {

/// What the kernel of both takes for a product of one dispatch and the norm_mix of its y.
ProductMixParams product_and_mix(const ProductParams& product, const NormMixParams& mix);

/// What the kernel takes for the first norm_mix of a model and the norm before it.
EmbedMixParams embed_and_mix(const NormParams& norm, const NormMixParams& mix);

/// What the kernel takes for a head7 and its products, in the order of UP_... (params.h).
Head7UpParams head_with_ups(const Head7Params& head, const std::array<ProductPlace, UPS>& ups);

/// The dispatches, joined where they can be.
std::vector<Dispatch> join_dispatches(std::vector<Dispatch> dispatches, const Layout& layout,
                                      KernelStore& kernels);

}  // namespace rwkvk::gpu
