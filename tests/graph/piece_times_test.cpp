#include "runtime/graph/piece_times.h"

#include <doctest/doctest.h>

namespace rwkvk {
namespace {

TEST_CASE("pieces are taken as long as they fit together") {
    const PieceTimes times({1, 2, 3, 4});
    CHECK(times.count() == 4);
    CHECK(times.fitting(0, 0.5) == 0);
    CHECK(times.fitting(0, 1) == 1);
    CHECK(times.fitting(0, 5.9) == 2);
    CHECK(times.fitting(1, 5.1) == 3);
    CHECK(times.fitting(2, 100) == 4);
    CHECK(times.fitting(4, 100) == 4);
    CHECK(times.fitting(0, -1) == 0);
}

TEST_CASE("what they take is learned, of several by their shares") {
    PieceTimes times({1, 3, 5});
    for (int i = 0; i < 60; ++i) times.took(0, 2, 8);
    CHECK(times.fitting(0, 1.99) == 0);
    CHECK(times.fitting(0, 2.01) == 1);
    CHECK(times.fitting(0, 7.99) == 1);
    CHECK(times.fitting(0, 8.01) == 2);
    CHECK(times.fitting(2, 4.99) == 2);  // nothing is known of it
    CHECK(times.fitting(2, 5) == 3);
}

TEST_CASE("what nothing was known of is believed at once, an exception hardly") {
    PieceTimes times({0, 0});
    times.took(0, 2, 1);
    CHECK(times.fitting(0, 0.99) == 1);
    CHECK(times.fitting(0, 1) == 2);
    times.took(0, 1, 1000);
    CHECK(times.fitting(0, 0.76) == 1);
    for (int i = 0; i < 30; ++i) times.took(0, 1, 0.1);
    CHECK(times.fitting(0, 0.11) == 1);
}

}  // namespace
}  // namespace rwkvk
