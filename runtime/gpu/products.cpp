#include "runtime/gpu/products.h"

#include <algorithm>
#include <optional>

namespace rwkvk::gpu {
namespace {

constexpr uint64_t unit = 16;  // bytes, of places
constexpr size_t addend_slot = 2, y_slot = 3;
constexpr uint32_t most_groups = 0xffff;  // as `kind` counts them

uint32_t& place_in(ProductPlace& product, size_t slot) {
    uint32_t* const places[] = {&product.x, &product.matrix, &product.addend, &product.y};
    return *places[slot];
}

/// Whether one of its products reads its addend.
bool adds(const ProductParams& p) {
    return std::any_of(p.product, p.product + p.products,
                       [](const ProductPlace& product) { return product.kind >> 24 != ADD_NOTHING; });
}

/// The bytes from the first of both to the last.
vk::Binding around(const vk::Binding& a, const vk::Binding& b) {
    const uint64_t begin = std::min(a.offset, b.offset),
                   end = std::max(a.offset + a.bytes, b.offset + b.bytes);
    return {a.buffer, begin, end - begin, a.access};
}

/// Moves the places of all products of a dispatch to where a binding begins now.
void rebase(ProductParams& params, size_t slot, uint64_t before, uint64_t now) {
    RWKVK_ASSERT(before >= now && (before - now) % unit == 0);
    for (uint32_t n = 0; n < params.products; ++n)
        place_in(params.product[n], slot) += static_cast<uint32_t>((before - now) / unit);
}

/// Both as one dispatch, if they can be.
std::optional<Dispatch> together(const Dispatch& a, const Dispatch& b, const MergeLimits& limits) {
    auto first = a.params.as<ProductParams>(), second = b.params.as<ProductParams>();
    const auto is_whole = [](const ProductParams& p) {
        return p.products > 1 || p.y_width == p.product[0].outs;
    };
    const uint32_t groups = a.groups[0] + b.groups[0];
    if (a.kernel != b.kernel || first.rows != second.rows || !is_whole(first) || !is_whole(second) ||
        first.products + second.products > PRODUCTS || groups > std::min(limits.groups, most_groups) ||
        a.cost + b.cost > limits.cost)
        return {};
    Dispatch both = a;
    for (size_t slot = 0; slot < a.bindings.size(); ++slot) {
        if (slot == addend_slot && (!adds(first) || !adds(second))) {
            if (!adds(first)) both.bindings[slot] = b.bindings[slot];
            continue;
        }
        if (a.bindings[slot].buffer != b.bindings[slot].buffer) return {};
        const vk::Binding binding = around(a.bindings[slot], b.bindings[slot]);
        if (binding.bytes > limits.binding_bytes) return {};
        rebase(first, slot, a.bindings[slot].offset, binding.offset);
        rebase(second, slot, b.bindings[slot].offset, binding.offset);
        both.bindings[slot] = binding;
    }
    for (uint32_t n = 0; n < second.products; ++n) {
        ProductPlace& next = first.product[first.products++] = second.product[n];
        next.kind += a.groups[0];
    }
    both.params = first;
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

ProductParams one_product(const LinearParams& p, uint32_t groups) {
    RWKVK_ASSERT(p.first_out % 4 == 0);  // places are in units of 16 bytes
    ProductParams params{};
    params.rows = p.rows;
    params.products = 1;
    params.y_width = p.out_width;
    params.product[0] = {.kind = std::min(groups, most_groups) | p.activation << 16 | p.addend << 24,
                         .in_width = p.in_width,
                         .outs = p.outs,
                         .x = 0,
                         .matrix = 0,
                         .addend = p.first_out / 4,
                         .y = p.first_out / 4};
    return params;
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
