// Who is served next, with how many rows, and what that will take.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "runtime/engine/fair_queue.h"
#include "runtime/engine/row_cost.h"
#include "runtime/engine/row_shares.h"

namespace rwkvk::engine {
namespace {

std::vector<uint32_t> shares(std::vector<uint32_t> wanted, uint32_t room, size_t first = 0) {
    return share_rows(wanted, room, first);
}

TEST_CASE("every sequence gets a row before a prompt gets more, and prompts share alike") {
    using Rows = std::vector<uint32_t>;
    CHECK(shares({1, 1, 1}, 8) == Rows{1, 1, 1});
    CHECK(shares({1, 100, 1}, 10) == Rows{1, 8, 1});
    CHECK(shares({1, 100000, 1, 20}, 42) == Rows{1, 20, 1, 20});
    CHECK(shares({100000, 5, 100000}, 65) == Rows{30, 5, 30});
    CHECK(shares({100, 100, 100}, 10) == Rows{4, 3, 3});
    CHECK(shares({}, 10) == Rows{});
}

TEST_CASE("where there are fewer rows than sequences they go round") {
    using Rows = std::vector<uint32_t>;
    CHECK(shares({1, 1, 1, 1}, 2, 0) == Rows{1, 1, 0, 0});
    CHECK(shares({1, 1, 1, 1}, 2, 2) == Rows{0, 0, 1, 1});
    CHECK(shares({1, 1, 1, 1}, 2, 3) == Rows{1, 0, 0, 1});
    CHECK(shares({5, 5}, 1, 1) == Rows{0, 1});
}

TEST_CASE("shares are never more than what is wanted or than there is room for") {
    for (uint32_t room = 1; room < 60; ++room) {
        for (size_t first = 0; first < 4; ++first) {
            const std::vector<uint32_t> wanted = {1, 7, 30, 2};
            const std::vector<uint32_t> given = share_rows(wanted, room, first);
            for (size_t i = 0; i < wanted.size(); ++i) CHECK(given[i] <= wanted[i]);
            CHECK(std::accumulate(given.begin(), given.end(), 0u) == std::min(room, 40u));
        }
    }
}

TEST_CASE("what a step takes is learned as a line over its rows") {
    RowCost cost;
    CHECK(cost.seconds(5) == 0);
    CHECK(cost.rows_within(1.0, 128, 16) == 16);
    cost.add(1, 0.003);
    CHECK(cost.seconds(10) == doctest::Approx(0.03));  // one point: through 0
    for (int i = 0; i < 200; ++i) {
        const uint32_t rows = 1 + static_cast<uint32_t>(i * 37 % 64);
        cost.add(rows, 0.002 + 0.0005 * rows);
    }
    CHECK(cost.seconds(1) == doctest::Approx(0.0025).epsilon(0.01));
    CHECK(cost.seconds(64) == doctest::Approx(0.034).epsilon(0.01));
    CHECK(cost.rows_within(0.0121, 128, 16) == 20);
    CHECK(cost.rows_within(0.0001, 128, 16) == 1);
    CHECK(cost.rows_within(10, 128, 16) == 128);
    // A device that became slower is noticed.
    for (int i = 0; i < 200; ++i) {
        const uint32_t rows = 1 + static_cast<uint32_t>(i * 37 % 64);
        cost.add(rows, 0.004 + 0.001 * rows);
    }
    CHECK(cost.seconds(64) == doctest::Approx(0.068).epsilon(0.01));
}

TEST_CASE("a cost that falls with the rows, as noise has it, is not believed") {
    RowCost cost;
    for (int i = 0; i < 10; ++i) {
        cost.add(1, 0.010);
        cost.add(16, 0.008);
    }
    CHECK(cost.seconds(32) > cost.seconds(16));
    CHECK(cost.rows_within(0.001, 128, 16) >= 1);
}

TEST_CASE("the owner who was served least is next, and the oldest request of an owner") {
    FairQueue queue;
    for (uint64_t id = 1; id <= 4; ++id) queue.push("a", id);
    queue.push("b", 5);
    CHECK(queue.size() == 5);
    CHECK(queue.pop() == 1);
    queue.served("a", 100);
    CHECK(queue.pop() == 5);
    queue.served("b", 10);
    CHECK(queue.pop() == 2);
    CHECK(queue.remove(3));
    CHECK(!queue.remove(3));
    CHECK(queue.pop() == 4);
    CHECK(!queue.pop());
    CHECK(queue.size() == 0);
}

TEST_CASE("who comes back has no credit of the time away") {
    FairQueue queue;
    queue.push("a", 1);
    queue.push("b", 2);
    CHECK(queue.pop() == 1);
    CHECK(queue.pop() == 2);
    queue.served("a", 1000);
    queue.served("b", 1000);
    queue.push("new", 3);  // begins at 1000
    queue.push("a", 4);
    CHECK(queue.pop() == 3);
    queue.served("new", 1);
    CHECK(queue.pop() == 4);
    for (const char* owner : {"a", "a", "b", "new"}) queue.end(owner);
    queue.push("a", 5);  // nobody else is there: from the start
    queue.push("b", 6);
    CHECK(queue.pop() == 5);
    CHECK(queue.pop() == 6);
}

}  // namespace
}  // namespace rwkvk::engine
