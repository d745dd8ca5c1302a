// Every op, on every kernel that the device has for it, against the CPU reference: equal bits.
#include <doctest/doctest.h>

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
