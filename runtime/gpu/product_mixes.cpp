#include "runtime/gpu/product_mixes.h"

#include <algorithm>

#include "host/vk/device.h"
#include "runtime/graph/joins.h"
#include "runtime/graph/uses.h"

namespace rwkvk::gpu {
namespace {

/// Of a product's step.
const vk::Kernel& joined_kernel(const Layout& layout, size_t step, KernelStore& kernels) {
    const Program& program = layout.program;
    const Step& product = program.steps[step];
    const Tensor& matrix = program.tensors[product.operands[1].tensor];
    const KernelChoice choice =
        choose_kernel(product.op, params_of(layout.plan, product), kernels.device().facts());
    return kernels.get(then_mix(choice), layout.weights.matrix(program.matrices[matrix.index]).format);
}

Dispatch joined(const Dispatch& product, const Dispatch& mix, const vk::Kernel& kernel,
                const vk::Binding& arrivals) {
    Dispatch both = product;
    both.kernel = &kernel;
    both.bindings.insert(both.bindings.end(), mix.bindings.begin() + 1, mix.bindings.end());
    both.bindings.push_back(arrivals);
    both.params = product_and_mix(product.params.as<ProductParams>(), mix.params.as<NormMixParams>());
    both.cost += mix.cost;
    return both;
}

}  // namespace

ProductMixParams product_and_mix(const ProductParams& product, const NormMixParams& mix) {
    RWKVK_ASSERT(product.products == 1 && product.y_width == mix.width && product.outs == mix.width);
    return {.rows = product.rows,
            .products = 1,
            .outs = product.outs,
            .y_width = product.y_width,
            .product = {product.product[0]},
            .width = mix.width,
            .eps = mix.eps,
            .inv_width = mix.inv_width,
            .planes = mix.planes,
            .y_stride = mix.y_stride,
            .rounded = mix.rounded,
            .numbers = mix.numbers,
            .rounded_stride = mix.rounded_stride,
            .keep = mix.keep};
}

std::vector<Dispatch> join_mixes(std::vector<Dispatch> dispatches, const Layout& layout,
                                 KernelStore& kernels) {
    if (layout.plan.rows > 1) return dispatches;  // one workgroup would make all of them, row after row
    const std::vector<size_t> joins = joins_of(layout.program);
    for (size_t i = 0; i < dispatches.size(); ++i) {
        const size_t maker = joins[dispatches[i].step];
        if (maker == no_step) continue;
        const auto product = std::ranges::find(dispatches, maker, &Dispatch::step);
        if (product == dispatches.end() || std::ranges::count(dispatches, maker, &Dispatch::step) > 1)
            continue;
        if (product->params.as<ProductParams>().products > 1) continue;
        *product = joined(*product, dispatches[i], joined_kernel(layout, maker, kernels), layout.arrivals);
        dispatches.erase(dispatches.begin() + static_cast<std::ptrdiff_t>(i--));
    }
    return dispatches;
}

}  // namespace rwkvk::gpu
