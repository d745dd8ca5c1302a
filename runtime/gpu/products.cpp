#include "runtime/gpu/products.h"

#include <algorithm>
#include <optional>

namespace rwkvk::gpu {
namespace {

constexpr size_t addend_slot = 2, y_slot = 3;
constexpr uint64_t ProductAt::*place_of_slot[] = {&ProductAt::x, &ProductAt::matrix, &ProductAt::addend,
                                                  &ProductAt::y};

std::vector<ProductAt> products_of(const ProductParams& p) {
    std::vector<ProductAt> products;
    for (uint32_t n = 0; n < p.products; ++n)
        products.push_back(unpacked(p.product[n], p.products == 1 ? p.outs : 0));
    return products;
}

/// Nothing where they are too many or one has no place in the parameters.
std::optional<ProductParams> params_of(uint32_t rows, const std::vector<ProductAt>& products) {
    if (products.size() > PRODUCTS) return {};
    ProductParams p{.rows = rows,
                    .products = static_cast<uint32_t>(products.size()),
                    .outs = 0,
                    .y_width = 0,
                    .product = {}};
    for (size_t n = 0; n < products.size(); ++n) {
        const std::optional<ProductPlace> place = packed(products[n], false);
        if (!place) return {};
        p.product[n] = *place;
    }
    return p;
}

/// Whether one of them reads its addend.
bool adds(const std::vector<ProductAt>& products) {
    return std::ranges::any_of(products, [](const ProductAt& at) { return at.adds != ADD_NOTHING; });
}

/// The bytes from the first of both to the last.
vk::Binding around(const vk::Binding& a, const vk::Binding& b) {
    const uint64_t begin = std::min(a.offset, b.offset),
                   end = std::max(a.offset + a.bytes, b.offset + b.bytes);
    return {a.buffer, begin, end - begin, a.access};
}

/// Moves the places of all products of a dispatch to where a binding begins now.
void rebase(std::vector<ProductAt>& products, size_t slot, uint64_t before, uint64_t now) {
    RWKVK_ASSERT(before >= now);
    for (ProductAt& at : products) at.*place_of_slot[slot] += before - now;
}

/// Both as one dispatch, if they can be.
std::optional<Dispatch> together(const Dispatch& a, const Dispatch& b, const MergeLimits& limits) {
    const auto first_params = a.params.as<ProductParams>(), second_params = b.params.as<ProductParams>();
    const auto is_whole = [](const ProductParams& p) { return p.products > 1 || p.y_width == p.outs; };
    const uint32_t groups = a.groups[0] + b.groups[0];
    if (a.kernel != b.kernel || first_params.rows != second_params.rows || !is_whole(first_params) ||
        !is_whole(second_params) || groups > limits.groups || a.cost + b.cost > limits.cost)
        return {};
    std::vector<ProductAt> products = products_of(first_params), second = products_of(second_params);
    Dispatch both = a;
    for (size_t slot = 0; slot < a.bindings.size(); ++slot) {
        if (slot == addend_slot && (!adds(products) || !adds(second))) {
            if (!adds(products)) both.bindings[slot] = b.bindings[slot];
            continue;
        }
        if (a.bindings[slot].buffer != b.bindings[slot].buffer) return {};
        const vk::Binding binding = around(a.bindings[slot], b.bindings[slot]);
        if (binding.bytes > limits.binding_bytes) return {};
        rebase(products, slot, a.bindings[slot].offset, binding.offset);
        rebase(second, slot, b.bindings[slot].offset, binding.offset);
        both.bindings[slot] = binding;
    }
    products.insert(products.end(), second.begin(), second.end());
    const std::optional<ProductParams> params = params_of(first_params.rows, products);
    if (!params) return {};
    both.params = *params;
    both.groups[0] = groups;
    both.cost += b.cost;
    return both;
}

/// Whether the recorder would put a barrier between both.
bool conflict(const Dispatch& a, const Dispatch& b) {
    vk::HazardTracker tracker;
    tracker.add(a.bindings);
    return tracker.conflicts(b.bindings);
}

/// Puts products together as long as there are some that may be. They bind what lies between their vectors,
/// too, which nobody else of the phase may then write, nor read where they write.
void share(std::vector<Dispatch>& products, const std::vector<Dispatch>& others, const MergeLimits& limits) {
    for (size_t i = 0; i < products.size(); ++i) {
        for (size_t j = i + 1; j < products.size();) {
            const std::optional<Dispatch> both = together(products[i], products[j], limits);
            const auto is_in_the_way = [&](const Dispatch& other) {
                return &other != &products[i] && &other != &products[j] && conflict(*both, other);
            };
            if (!both || std::ranges::any_of(others, is_in_the_way) ||
                std::ranges::any_of(products, is_in_the_way)) {
                ++j;
            } else {
                products[i] = *both;
                products.erase(products.begin() + static_cast<std::ptrdiff_t>(j));
            }
        }
    }
}

}  // namespace

ProductParams one_product(const LinearParams& p) {
    const uint64_t first = uint64_t{p.first_out} * sizeof(float);
    const std::optional<ProductPlace> place = packed({.in_width = p.in_width,
                                                      .outs = p.outs,
                                                      .activation = p.activation,
                                                      .adds = p.addend,
                                                      .x = 0,
                                                      .matrix = 0,
                                                      .addend = first,
                                                      .y = first},
                                                     true);
    if (!place)
        throw Error(Code::unsupported, concat("a product of ", p.out_width, " outputs of ", p.in_width,
                                              " inputs is too large for the kernels"));
    return {.rows = p.rows, .products = 1, .outs = p.outs, .y_width = p.out_width, .product = {*place}};
}

std::vector<Dispatch> share_dispatches(const std::vector<Dispatch>& dispatches,
                                       const std::vector<uint32_t>& phases, const std::vector<bool>& products,
                                       const MergeLimits& limits) {
    std::vector<Dispatch> result;
    for (size_t begin = 0, end = 0; begin < dispatches.size(); begin = end) {
        while (end < dispatches.size() && phases[end] == phases[begin]) ++end;
        std::vector<Dispatch> others, shared;
        for (size_t i = begin; i < end; ++i) (products[i] ? shared : others).push_back(dispatches[i]);
        // Neighbours first: those between two that share would be in the way.
        std::ranges::stable_sort(shared, {}, [](const Dispatch& d) { return d.bindings[y_slot].offset; });
        share(shared, others, limits);
        result.insert(result.end(), others.begin(), others.end());
        result.insert(result.end(), shared.begin(), shared.end());
    }
    return result;
}

}  // namespace rwkvk::gpu
