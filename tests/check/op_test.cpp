// Every op, on every kernel that the device has for it, against the CPU reference: equal bits.
#include <doctest/doctest.h>

#include "runtime/check/large_case.h"
#include "runtime/check/op_run.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

void check_all_ops(const std::string& mask) {
    const auto device = test::open_device(mask);
    if (!device) return;
    ThreadPool pool(1);
    for (size_t op = 0; op < all_ops().size(); ++op) {
        for (const uint64_t seed : {1, 2, 3}) {
            for (const std::string& failure :
                 check::check_op(static_cast<Op>(op), check::CaseSet::full, seed, *device->kernels, pool)) {
                FAIL_CHECK("seed ", seed, ": ", failure);
            }
        }
    }
    test::check_no_messages(*device);
}

TEST_CASE("every kernel equals the reference, bit for bit") { check_all_ops(""); }

TEST_CASE("so does every kernel with only what all devices have") { check_all_ops("minimum"); }

void check_large(test::TestDevice& device, Op op, std::optional<WeightFormat> format, uint32_t outs) {
    ThreadPool pool(1);
    const auto choices = all_choices(op, device.device->facts());
    for (const check::OpCase& c : check::large_cases(op, format, outs)) {
        for (const std::string& failure : check::check_case(c, choices, *device.kernels, pool))
            FAIL_CHECK(failure);
    }
}

TEST_CASE("so does every kernel at the widths of large models") {
    const auto device = test::open_device();
    if (!device) return;
    check_large(*device, Op::norm, std::nullopt, 0);
    check_large(*device, Op::rms_norm, std::nullopt, 0);
    for (size_t f = 0; f < all_weights().size(); ++f) {
        const auto format = static_cast<WeightFormat>(f);
        for (const Op op : {Op::linear, Op::linear_blocks})
            check_large(*device, op, format, check::large_outs(device->device->facts(), format));
    }
    check_large(*device, Op::linear_blocks, WeightFormat::q4_k, 4096);
}

TEST_CASE("large products are as large as models', within 64 MiB, and small where a device is slow") {
    vk::DeviceFacts facts;
    facts.type = vk::DeviceType::discrete;
    CHECK(check::large_outs(facts, WeightFormat::q4_k) == 4096);
    CHECK(check::large_outs(facts, WeightFormat::f16) == 2048);
    CHECK(check::large_outs(facts, WeightFormat::f32) == 1024);
    facts.type = vk::DeviceType::software;
    CHECK(check::large_outs(facts, WeightFormat::q4_k) == 64);
    const auto norms = check::large_cases(Op::norm, std::nullopt, 64);
    const auto products = check::large_cases(Op::linear_blocks, WeightFormat::q8_0, 64);
    REQUIRE(norms.size() == 1);
    REQUIRE(products.size() == 1);
    CHECK(norms[0].params.as<NormParams>().width == 4096);
    CHECK(products[0].matrix->in == 16384);
    CHECK(products[0].matrix->out == 64);
    CHECK(check::large_cases(Op::linear, WeightFormat::q8_0, 64).empty());
    CHECK(check::large_cases(Op::linear, std::nullopt, 64).empty());
    CHECK(check::large_cases(Op::norm, WeightFormat::q8_0, 64).empty());
}

TEST_CASE("every op has cases, and cases that are not all alike") {
    for (size_t op = 0; op < all_ops().size(); ++op) {
        const auto first = check::make_cases(static_cast<Op>(op), check::CaseSet::full, 1);
        const auto second = check::make_cases(static_cast<Op>(op), check::CaseSet::full, 2);
        REQUIRE_FALSE(first.empty());
        CHECK(first.size() == second.size());
        CHECK(first.front().slots != second.front().slots);
    }
}

}  // namespace
}  // namespace rwkvk
