#include "runtime/graph/piece_times.h"

#include <doctest/doctest.h>

namespace rwkvk {
namespace {

/// Each was run once, alone.
PieceTimes known(const std::vector<double>& seconds) {
    PieceTimes times(std::vector<double>(seconds.size(), 1.0));
    for (size_t i = 0; i < seconds.size(); ++i) times.took(i, i + 1, seconds[i]);
    return times;
}

TEST_CASE("pieces are taken as long as they fit together") {
    const PieceTimes times = known({1, 2, 3, 4});
    CHECK(times.count() == 4);
    CHECK(times.fitting(0, 0.5) == 0);
    CHECK(times.fitting(0, 1) == 1);
    CHECK(times.fitting(0, 5.9) == 2);
    CHECK(times.fitting(1, 5.1) == 3);
    CHECK(times.fitting(2, 100) == 4);
    CHECK(times.fitting(4, 100) == 4);
    CHECK(times.fitting(0, -1) == 0);
}

TEST_CASE("what was not run yet comes alone, and its time is believed at once") {
    PieceTimes times({1, 1, 1, 1});
    CHECK(times.fitting(0, 100) == 1);
    CHECK(times.fitting(0, 0.5) == 0);
    times.took(0, 1, 9);
    CHECK(times.fitting(0, 100) == 1);
    CHECK(times.fitting(0, 8.9) == 0);
    times.took(1, 2, 0);
    CHECK(times.fitting(0, 9) == 2);
    CHECK(times.fitting(1, 100) == 2);
}

TEST_CASE("what pieces take together is learned by their shares") {
    PieceTimes times = known({1, 3, 5});
    for (int i = 0; i < 60; ++i) times.took(0, 2, 8);
    CHECK(times.fitting(0, 1.99) == 0);
    CHECK(times.fitting(0, 2.01) == 1);
    CHECK(times.fitting(0, 7.99) == 1);
    CHECK(times.fitting(0, 8.01) == 2);
    CHECK(times.fitting(2, 4.99) == 2);
    CHECK(times.fitting(2, 5) == 3);
}

TEST_CASE("an exception is hardly believed, and forgotten") {
    PieceTimes times = known({0.5, 0});
    times.took(0, 1, 1000);
    CHECK(times.fitting(0, 0.76) == 2);
    for (int i = 0; i < 30; ++i) times.took(0, 1, 0.1);
    CHECK(times.fitting(0, 0.11) == 2);
}

}  // namespace
}  // namespace rwkvk
