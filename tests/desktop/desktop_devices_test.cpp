// Which choice of a device comes to the one that draws the window.
#include <doctest/doctest.h>

#include "device_list.h"

namespace {

using namespace rwkvk::desktop;

std::vector<DeviceRow> rows(int32_t first_type, bool first_draws, int32_t second_type) {
    return {{"0", "Radeon RX", "", "aa", first_type, first_draws},
            {"1", "llvmpipe (LLVM 15)", "", "bb", second_type, !first_draws},
            {"cpu", "CPU", ""}};
}

TEST_CASE("a device is chosen by index, UUID or a part of its name, as the library takes them") {
    const auto list = rows(RWKVK_DEVICE_DISCRETE, true, RWKVK_DEVICE_SOFTWARE);
    for (const char* choice : {"0", "aa", "radeon", "RX"}) CHECK(means_drawing(choice, list));
    for (const char* choice : {"1", "bb", "llvm", "cpu", "none", "cpu:4,0:20"})
        CHECK(!means_drawing(choice, list));
}

TEST_CASE("the best there is draws the window unless another is better") {
    CHECK(means_drawing("", rows(RWKVK_DEVICE_DISCRETE, true, RWKVK_DEVICE_SOFTWARE)));
    CHECK(means_drawing("", rows(RWKVK_DEVICE_INTEGRATED, true, RWKVK_DEVICE_SOFTWARE)));
    CHECK(!means_drawing("", rows(RWKVK_DEVICE_INTEGRATED, true, RWKVK_DEVICE_DISCRETE)));
    CHECK(!means_drawing("", rows(RWKVK_DEVICE_DISCRETE, false, RWKVK_DEVICE_SOFTWARE)));
}

TEST_CASE("a device of software is used where it is named, since the CPU is faster") {
    const auto list = rows(RWKVK_DEVICE_SOFTWARE, true, RWKVK_DEVICE_SOFTWARE);
    CHECK(!means_drawing("", list));
    CHECK(means_drawing("0", list));
}

TEST_CASE("without a device that draws nothing comes to it") {
    CHECK(!means_drawing("", {{"cpu", "CPU", ""}}));
    CHECK(!means_drawing("cpu", {{"cpu", "CPU", ""}}));
}

TEST_CASE("the list has the CPU last, also without a window") {
    const std::vector<DeviceRow> list = list_devices(rwkvk::Runtime(), {});
    CHECK(list.back().index == "cpu");
    for (const DeviceRow& row : list) CHECK(!row.draws);
}

}  // namespace
