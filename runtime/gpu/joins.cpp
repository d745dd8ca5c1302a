#include "runtime/gpu/joins.h"

#include <algorithm>
#include <optional>

#include "host/vk/device.h"
#include "runtime/catalogue/product_place.h"
#include "runtime/graph/fused.h"
#include "runtime/graph/joins.h"
#include "runtime/graph/uses.h"

namespace rwkvk::gpu {
namespace {

constexpr size_t y_slot = 3;  // of products

class Joiner {
  public:
    Joiner(std::vector<Dispatch> dispatches, const Layout& layout, KernelStore& kernels)
        : dispatches_(std::move(dispatches)), layout_(layout), kernels_(kernels) {}

    std::vector<Dispatch> join() {
        const Joins joins = joins_of(layout_.program);
        for (size_t step = 0; step < joins.mixes.size(); ++step) {
            if (joins.mixes[step] != no_step) join_mix(joins.mixes[step], step);
        }
        for (const HeadWithUps& head : joins.heads) join_head(head);
        for (const EmbedAndMix& joined : joins.embeds) join_embed(joined);
        return std::move(dispatches_);
    }

  private:
    using Iterator = std::vector<Dispatch>::iterator;

    /// The dispatch of a step that has one.
    std::optional<Iterator> only(size_t step) {
        const auto at = std::ranges::find(dispatches_, step, &Dispatch::step);
        if (at == dispatches_.end()) return {};
        const auto other =
            std::find_if(at + 1, dispatches_.end(), [&](const Dispatch& d) { return d.step == step; });
        return other == dispatches_.end() ? std::optional(at) : std::nullopt;
    }

    const MatrixRecord& matrix_record(size_t step) const {
        return layout_.weights.matrix(*matrix_of(layout_.program, layout_.program.steps[step]));
    }

    KernelChoice choice_of(size_t step) const {
        const Step& of = layout_.program.steps[step];
        return choose_kernel(of.op, params_of(layout_.plan, of), kernels_.device().facts());
    }

    void join_mix(size_t product_step, size_t mix_step) {
        const auto product = only(product_step), mix = only(mix_step);
        if (!product || !mix) return;
        const auto params = (*product)->params.as<ProductParams>();
        if (params.products > 1) return;
        Dispatch both = **product;
        both.kernel = &kernels_.get(then_mix(choice_of(product_step)), matrix_record(product_step).format);
        both.bindings.insert(both.bindings.end(), (*mix)->bindings.begin() + 1, (*mix)->bindings.end());
        both.bindings.push_back(layout_.arrivals);
        both.params = product_and_mix(params, (*mix)->params.as<NormMixParams>());
        both.cost += (*mix)->cost;
        **product = std::move(both);
        dispatches_.erase(*mix);
    }

    /// Where the whole table is bound at once.
    void join_embed(const EmbedAndMix& joined) {
        const auto embed = only(joined.embed), norm = only(joined.norm), mix = only(joined.mix);
        if (!embed || !norm || !mix) return;
        Dispatch all = **embed;
        all.kernel = &kernels_.get(with_embedding(choice_of(joined.mix)), matrix_record(joined.embed).format);
        all.bindings.pop_back();
        all.bindings.insert(all.bindings.end(), (*norm)->bindings.begin() + 1, (*norm)->bindings.end());
        all.bindings.insert(all.bindings.end(), (*mix)->bindings.begin() + 1, (*mix)->bindings.end());
        all.params = embed_and_mix((*norm)->params.as<NormParams>(), (*mix)->params.as<NormMixParams>());
        all.groups = (*mix)->groups;
        all.cost += (*norm)->cost + (*mix)->cost;
        **embed = std::move(all);
        dispatches_.erase(*mix);
        dispatches_.erase(*only(joined.norm));
    }

    /// Where its products share one dispatch, with nothing else, which has the packing that the kernel reads.
    void join_head(const HeadWithUps& joined) {
        std::vector<size_t> makers;
        for (const size_t up : joined.ups) {
            if (up != no_step) makers.push_back(up);
        }
        // A shared dispatch has the step of one of its products.
        std::optional<Iterator> products;
        for (const size_t maker : makers) {
            if (!products) products = only(maker);
        }
        const auto head = only(joined.head);
        if (!products || !head) return;
        const auto params = (*products)->params.as<ProductParams>();
        const MatrixRecord& matrix = matrix_record(makers.front());
        if (params.products != makers.size() || matrix.packing != Packing::tiles) return;
        const std::optional<std::array<ProductPlace, UPS>> ups = ups_of(joined, **products);
        if (!ups) return;

        Dispatch both = **head;
        both.kernel = &kernels_.get(with_ups(choice_of(joined.head)), matrix.format);
        both.bindings.assign((*products)->bindings.begin(), (*products)->bindings.begin() + y_slot);
        for (const size_t slot : slots_beside_ups) both.bindings.push_back((*head)->bindings[slot]);
        both.params = head_with_ups((*head)->params.as<Head7Params>(), *ups);
        both.cost += (*products)->cost;
        **head = std::move(both);
        dispatches_.erase(*products);
    }

    /// The places of the products, found by where their results lie.
    std::optional<std::array<ProductPlace, UPS>> ups_of(const HeadWithUps& joined,
                                                        const Dispatch& products) const {
        const auto params = products.params.as<ProductParams>();
        std::array<ProductPlace, UPS> ups{};
        for (uint32_t up = 0; up < UPS; ++up) {
            if (joined.ups[up] == no_step) continue;
            const Operand& y = layout_.program.steps[joined.ups[up]].operands[y_slot];
            const vk::Binding place = layout_.place(y);
            const auto is_this = [&](const ProductPlace& product) {
                return products.bindings[y_slot].buffer == place.buffer &&
                       products.bindings[y_slot].offset + unpacked(product, 0).y == place.offset;
            };
            const auto end = params.product + params.products;
            const auto at = std::find_if(params.product, end, is_this);
            if (at == end) return {};
            ups[up] = *at;
        }
        return ups;
    }

    std::vector<Dispatch> dispatches_;
    const Layout& layout_;
    KernelStore& kernels_;
};

}  // namespace

ProductMixParams product_and_mix(const ProductParams& product, const NormMixParams& mix) {
    RWKVK_ASSERT(product.products == 1 && product.y_width == mix.width && product.outs == mix.width);
    return {.rows = product.rows,
            .products = 1,
            .outs = product.outs,
            .y_width = product.y_width,
            .product = {product.product[0]},
            .mix = mix};
}

EmbedMixParams embed_and_mix(const NormParams& norm, const NormMixParams& mix) {
    RWKVK_ASSERT(norm.width == mix.width && norm.inv_width == mix.inv_width);
    return {.rows = mix.rows, .first_eps = norm.eps, .mix = mix};
}

Head7UpParams head_with_ups(const Head7Params& head, const std::array<ProductPlace, UPS>& ups) {
    Head7UpParams both{.rows = head.rows,
                       .heads = head.heads,
                       .head_size = head.head_size,
                       .width = head.width,
                       .eps = head.eps,
                       .inv_width = head.inv_width,
                       .parts = head.parts,
                       .up = {}};
    std::ranges::copy(ups, both.up);
    return both;
}

std::vector<Dispatch> join_dispatches(std::vector<Dispatch> dispatches, const Layout& layout,
                                      KernelStore& kernels) {
    // One workgroup would mix all rows, and a head would make the products of all its tokens, one after the
    // other.
    if (layout.plan.rows > 1) return dispatches;
    return Joiner(std::move(dispatches), layout, kernels).join();
}

}  // namespace rwkvk::gpu
