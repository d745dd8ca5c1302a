// Loading tells how far it is, and can be cancelled, on both backends.
#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "runtime/cpu/backend.h"
#include "runtime/gpu/backend.h"
#include "runtime/model/model.h"
#include "runtime/synthetic/synthetic_model.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

using MakeBackend = std::function<std::unique_ptr<Backend>(const BackendOptions&)>;

Code refusal(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        CHECK(std::string(error.what()) == "loading was cancelled");
        return error.code();
    }
    FAIL_CHECK("not cancelled");
    return Code::io;
}

void check_progress(const MakeBackend& make) {
    std::vector<double> told;
    const std::thread::id here = std::this_thread::get_id();
    bool same_thread = true;
    CHECK(make({.max_rows = 4, .progress = [&](double fraction) {
                    told.push_back(fraction);
                    same_thread = same_thread && std::this_thread::get_id() == here;
                    return true;
                }}));
    CHECK(same_thread);
    REQUIRE(told.size() >= 50);
    CHECK(told.front() == 0);
    CHECK(told.back() == 1);
    for (size_t i = 1; i < told.size(); ++i) {
        CHECK(told[i] > told[i - 1]);
        CHECK(told[i] - told[i - 1] < 0.03);
    }
}

void check_cancelling(const MakeBackend& make) {
    for (const double limit : {0.0, 0.3, 0.8, 1.0}) {
        INFO("cancelled at ", limit);
        double last = -1;
        CHECK(refusal([&] {
                  make({.max_rows = 4, .progress = [&](double fraction) {
                            CHECK(last < limit);  // never called again
                            last = fraction;
                            return fraction < limit;
                        }});
              }) == Code::cancelled);
        CHECK(last >= limit);
    }
}

// 14 MB, no matrix of which is much more than a per cent.
std::shared_ptr<const Model> some_model() { return synthetic_model("v7:12x256x1024:f16"); }

TEST_CASE("the meter tells rising fractions from 0 to 1") {
    std::vector<double> told;
    ProgressMeter meter(
        [&](double fraction) {
            told.push_back(fraction);
            return true;
        },
        1000);
    for (int i = 0; i < 1100; ++i) meter.add(1);  // padding may exceed what was announced
    meter.finish();
    CHECK(told.front() == 0);
    CHECK(told.back() == 1);
    CHECK(told.size() == 201);
    CHECK(std::is_sorted(told.begin(), told.end()));
    CHECK(meter.step_bytes() == 64 << 10);
    ProgressMeter unwatched;
    unwatched.add(5);
    unwatched.finish();
    CHECK(unwatched.step_bytes() > 1ull << 60);
    told.clear();
    ProgressMeter empty([&](double fraction) { return told.push_back(fraction), true; }, 0);
    empty.finish();
    CHECK(told == std::vector<double>{0, 1});
}

TEST_CASE("the CPU's loading tells and stops") {
    const auto model = some_model();
    const MakeBackend make = [&](const BackendOptions& options) {
        return cpu::make_backend(model->programs(), model->weights(), options, {.threads = 2});
    };
    check_progress(make);
    check_cancelling(make);
}

TEST_CASE("a device's loading tells and stops, and leaves nothing behind") {
    const auto device = test::open_device();
    if (!device) return;
    const auto model = some_model();
    const MakeBackend make = [&](const BackendOptions& options) {
        return gpu::make_backend(model->programs(), model->weights(), options, *device->kernels, {});
    };
    check_progress(make);
    CHECK(device->device->allocated_bytes() == 0);
    check_cancelling(make);
    CHECK(device->device->allocated_bytes() == 0);
    test::check_no_messages(*device);
}

}  // namespace
}  // namespace rwkvk
