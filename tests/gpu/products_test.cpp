// Products that share dispatches: which may, and where each finds what it needs.
#include "runtime/gpu/products.h"

#include <doctest/doctest.h>

#include <functional>

namespace rwkvk::gpu {
namespace {

constexpr MergeLimits no_limits{.binding_bytes = 1ull << 40, .cost = 1ull << 40, .groups = 1u << 20};

/// Nothing looks into kernels and buffers here: their addresses tell them apart.
template <typename T>
T* thing(uintptr_t number) {
    return reinterpret_cast<T*>(number * 64);
}

/// y(y_at) = matrix(matrix_at) x(x_at) [+ addend(addend_at)], 256 bytes of each.
Dispatch product(uint64_t x_at, uint64_t matrix_at, uint64_t addend_at, uint64_t y_at,
                 uint32_t addend = ADD_ROWS) {
    const auto binding = [](uintptr_t buffer, uint64_t at, vk::Access access) {
        return vk::Binding{thing<vk::Buffer>(buffer), at, 256, access};
    };
    return Dispatch{
        .kernel = thing<const vk::Kernel>(1),
        .bindings = {binding(1, x_at, vk::Access::read), binding(2, matrix_at, vk::Access::read),
                     binding(1, addend_at, vk::Access::read), binding(1, y_at, vk::Access::write)},
        .params = one_product(LinearParams{2, 32, 32, 0, 32, ACT_TANH, addend}),
        .groups = {3, 2, 1},
        .step = 0,
        .cost = 100};
}

std::vector<Dispatch> share(const std::vector<Dispatch>& dispatches, MergeLimits limits = no_limits,
                            std::vector<uint32_t> phases = {}) {
    if (phases.empty()) phases.assign(dispatches.size(), 0);
    return share_dispatches(dispatches, phases, std::vector<bool>(dispatches.size(), true), limits);
}

TEST_CASE("products of a phase share a dispatch, whose bindings begin at the first of their places") {
    const auto shared = share({product(1024, 4096, 2048, 8192), product(512, 8192, 1280, 16384)});
    REQUIRE(shared.size() == 1);
    const Dispatch& d = shared[0];
    CHECK(d.groups == std::array<uint32_t, 3>{6, 2, 1});
    CHECK(d.cost == 200);
    CHECK((d.bindings[0].offset == 512 && d.bindings[0].bytes == 768));
    CHECK((d.bindings[1].offset == 4096 && d.bindings[1].bytes == 4096 + 256));
    CHECK((d.bindings[3].offset == 8192 && d.bindings[3].bytes == 8192 + 256));
    const auto p = d.params.as<ProductParams>();
    CHECK(p.products == 2);
    const ProductAt first{32, 32, ACT_TANH, ADD_ROWS, 512, 0, 768, 0},
        second{32, 32, ACT_TANH, ADD_ROWS, 0, 4096, 0, 8192};
    CHECK(unpacked(p.product[0], 0) == first);
    CHECK(unpacked(p.product[1], 0) == second);
}

TEST_CASE("a product that adds nothing takes no part in where addends lie") {
    for (const bool first : {true, false}) {
        const Dispatch adds = product(0, 0, 512, 1024);
        Dispatch plain = product(256, 256, 0, 2048, ADD_NOTHING);
        plain.bindings[2].buffer = thing<vk::Buffer>(9);
        const auto shared = share(first ? std::vector{adds, plain} : std::vector{plain, adds});
        REQUIRE(shared.size() == 1);
        CHECK(shared[0].bindings[2].buffer == adds.bindings[2].buffer);
        CHECK(shared[0].bindings[2].offset == 512);
        CHECK(unpacked(shared[0].params.as<ProductParams>().product[first ? 0 : 1], 0).addend == 0);
    }
}

/// Of the same vector, into vectors side by side.
std::vector<Dispatch> side_by_side(uint32_t count) {
    std::vector<Dispatch> all;
    for (uint32_t i = 0; i < count; ++i) all.push_back(product(0, 0, 0, 1024 + 256 * i));
    return all;
}

TEST_CASE("as many as the kernel takes, in one phase, of one kernel, in the same buffers") {
    CHECK(share(side_by_side(PRODUCTS)).size() == 1);
    CHECK(share(side_by_side(PRODUCTS + 1)).size() == 2);
    CHECK(share(side_by_side(2), no_limits, {0, 1}).size() == 2);
    std::vector<Dispatch> other_kernel = side_by_side(3), other_buffer = other_kernel,
                          other_rows = other_kernel;
    other_kernel[1].kernel = thing<const vk::Kernel>(2);
    other_buffer[1].bindings[1].buffer = thing<vk::Buffer>(7);
    auto params = other_rows[1].params.as<ProductParams>();
    params.rows = 1;
    other_rows[1].params = params;
    for (std::vector<Dispatch>& three :
         {std::ref(other_kernel), std::ref(other_buffer), std::ref(other_rows)}) {
        three[1].bindings[3].offset = 4096;  // not between the others
        CHECK(share({three[0], three[1]}).size() == 2);
        CHECK(share(three).size() == 2);
    }
}

TEST_CASE("limits of the device and of one submission hold") {
    const Dispatch near = product(0, 0, 0, 1024), far = product(0, 1 << 20, 0, 2048);
    const auto with = [](auto member, auto value) {
        MergeLimits limits = no_limits;
        limits.*member = value;
        return limits;
    };
    CHECK(share({near, far}, with(&MergeLimits::binding_bytes, uint64_t{(1 << 20) + 256})).size() == 1);
    CHECK(share({near, far}, with(&MergeLimits::binding_bytes, uint64_t{(1 << 20) + 255})).size() == 2);
    CHECK(share({near, far}, with(&MergeLimits::cost, uint64_t{200})).size() == 1);
    CHECK(share({near, far}, with(&MergeLimits::cost, uint64_t{199})).size() == 2);
    CHECK(share({near, far}, with(&MergeLimits::groups, 6u)).size() == 1);
    CHECK(share({near, far}, with(&MergeLimits::groups, 5u)).size() == 2);
}

TEST_CASE("parts of a matrix that one dispatch would be too much for stay alone") {
    Dispatch part = product(0, 0, 0, 1024);
    part.params = one_product(LinearParams{2, 32, 128, 64, 64, ACT_NONE, ADD_BIAS});
    const auto p = part.params.as<ProductParams>();
    const ProductAt alone = unpacked(p.product[0], p.outs);
    CHECK((alone.y == 256 && alone.addend == 256 && alone.outs == 64 && p.y_width == 128));
    Dispatch other = part;
    other.bindings[3].offset += 256;
    CHECK(share({part, other}).size() == 2);
}

TEST_CASE("what is too far or too large for the places stays alone") {
    const ProductAt fits{(1 << 24) - 1,      65535, ACT_DECAY6, ADD_ROWS, 65535 * 256,
                         0xffffffffull * 16, 256,   65535 * 256};
    REQUIRE(packed(fits, false));
    CHECK(unpacked(*packed(fits, false), 0) == fits);
    const auto with = [&](auto member, auto value) {
        ProductAt at = fits;
        at.*member = value;
        return packed(at, false).has_value();
    };
    CHECK_FALSE(with(&ProductAt::in_width, 1u << 24));
    CHECK_FALSE(with(&ProductAt::outs, 65536u));
    for (const auto place : {&ProductAt::x, &ProductAt::addend, &ProductAt::y})
        CHECK_FALSE(with(place, uint64_t{65536} * 256));
    CHECK_FALSE(with(&ProductAt::matrix, uint64_t{16} << 32));
    ProductAt head = fits;
    head.outs = 200000;
    CHECK(unpacked(packed(head, true).value(), head.outs) == head);
    CHECK(share({product(0, 0, 0, 1024), product(0, 0, 0, 2048)}).size() == 1);
    CHECK(share({product(0, 0, 0, 1024), product(0, 0, 0, 1024 + 65536 * 256)}).size() == 2);
    CHECK_THROWS_AS(one_product(LinearParams{1, 1u << 24, 32, 0, 32, ACT_NONE, ADD_NOTHING}), Error);
}

TEST_CASE("nobody else of the phase may be between two that share") {
    const Dispatch first = product(0, 0, 0, 8192, ADD_NOTHING),
                   second = product(2048, 0, 2048, 16384, ADD_NOTHING);
    Dispatch reader = product(12288, 0, 12288, 32768, ADD_NOTHING),
             writer = product(8000, 0, 8000, 1024, ADD_NOTHING);
    reader.kernel = writer.kernel = thing<const vk::Kernel>(2);
    for (const Dispatch& other : {reader, writer}) {
        CHECK(share({first, second, other}).size() == 3);
        CHECK(share_dispatches({other, first, second}, {0, 0, 0}, {false, true, true}, no_limits).size() ==
              3);
        CHECK(share({first, second, other}, no_limits, {0, 0, 1}).size() == 2);
    }
}

TEST_CASE("what is no product is as it was") {
    const auto three = side_by_side(3);
    const std::vector<Dispatch> shared = share_dispatches(three, {0, 0, 0}, {true, true, false}, no_limits);
    REQUIRE(shared.size() == 2);
    CHECK(shared[0].bindings[3].offset == three[2].bindings[3].offset);
}

}  // namespace
}  // namespace rwkvk::gpu
