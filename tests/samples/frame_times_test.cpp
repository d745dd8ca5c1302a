// What the npc sample says of its frames: percentiles, histograms, the file.
#include "apps/samples/npc/frame_times.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <numeric>

#include "tests/support/temporary_folder.h"

namespace rwkvk::npc {
namespace {

TEST_CASE("a percentile is a value that was seen, and that so many do not exceed") {
    std::vector<double> values(200);
    std::iota(values.rbegin(), values.rend(), 1);
    CHECK(percentile(values, 50) == 100);
    CHECK(percentile(values, 99) == 198);
    CHECK(percentile(values, 100) == 200);
    CHECK(percentile(values, 0) == 1);
    CHECK(percentile({3, 1, 2}, 50) == 2);
    CHECK(percentile({7}, 99) == 7);
    CHECK(percentile({}, 99) == 0);
}

TEST_CASE("a histogram's bins begin at their lower edge, and the last has what lies beyond") {
    CHECK(histogram({0, 0.4, 0.5, 1.4, 1.5, 99, -1, 1.2}, 0.5, 4) ==
          std::vector<double>{0.375, 0.125, 0.25, 0.25});
    CHECK(histogram({}, 0.5, 2) == std::vector<double>{0, 0});
}

TEST_CASE("frames are told apart by inference, the latest of them asked for") {
    FrameTimes times;
    for (int i = 0; i < 6; ++i) {
        times.add({.inference = i % 2 == 1, .interval = 10.0 + i, .busy = 1.0 * i, .step = 0.5 * i});
    }
    CHECK(times.values(false, &FrameTime::interval) == std::vector<double>{10, 12, 14});
    CHECK(times.values(true, &FrameTime::busy) == std::vector<double>{1, 3, 5});
    CHECK(times.values(true, &FrameTime::step, 2) == std::vector<double>{1.5, 2.5});
    CHECK(times.values(true, &FrameTime::step, 9).size() == 3);
}

TEST_CASE("the file has a line for every frame; what cannot be written is said") {
    const test::TemporaryFolder folder;
    FrameTimes times;
    times.add({.inference = false, .interval = 16.5, .busy = 3.25, .step = 0});
    times.add({.inference = true, .interval = 17, .busy = 5.5, .step = 2.125});
    times.write_csv(folder / "times.csv");
    std::ifstream file(folder / "times.csv");
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}) ==
          "frame,inference,interval_ms,busy_ms,step_ms\n0,off,16.5,3.25,0\n1,on,17,5.5,2.125\n");
    CHECK_THROWS_WITH_AS(times.write_csv(folder / "missing/times.csv"),
                         doctest::Contains("cannot be written"), std::runtime_error);
}

}  // namespace
}  // namespace rwkvk::npc
