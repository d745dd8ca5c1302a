#include "host/thread_pool.h"

#include <doctest/doctest.h>

#include <chrono>
#include <ctime>
#include <stdexcept>
#include <string>

#include "host/processors.h"

namespace rwkvk {
namespace {

/// One thread, as many as there are processors, and more.
std::vector<uint32_t> sizes() { return {1, 2, usable_processors() + 3}; }

TEST_CASE("every element of every loop is visited once") {
    for (const uint32_t threads : sizes()) {
        ThreadPool pool(threads);
        CHECK(pool.threads() == threads);
        for (const uint64_t count : {0, 1, 2, 3, 7, 8, 9, 63, 1000, 4099}) {
            std::vector<int> visits(count);
            for (int loop = 0; loop < 20; ++loop) {
                pool.parallel_for(count, [&](uint64_t begin, uint64_t end) {
                    for (uint64_t i = begin; i < end; ++i) ++visits[i];
                });
            }
            CHECK(visits == std::vector<int>(count, 20));
        }
    }
}

TEST_CASE("a loop sees what the one before it wrote, thousands of times") {
    for (const uint32_t threads : sizes()) {
        ThreadPool pool(threads);
        constexpr uint64_t width = 13;
        std::vector<uint64_t> from(width, 1), to(width);
        for (int loop = 0; loop < 3000; ++loop) {
            pool.parallel_for(width, [&](uint64_t begin, uint64_t end) {
                for (uint64_t i = begin; i < end; ++i) to[i] = from[(i + 1) % width] + 1;
            });
            from.swap(to);
        }
        CHECK(from == std::vector<uint64_t>(width, 3001));
    }
}

TEST_CASE("an exception of a piece comes out, and the pool goes on") {
    for (const uint32_t threads : sizes()) {
        ThreadPool pool(threads);
        for (uint64_t bad = 0; bad < 40; ++bad) {
            const auto body = [&](uint64_t begin, uint64_t end) {
                if (begin <= bad && bad < end) throw std::runtime_error(std::to_string(bad));
            };
            CHECK_THROWS_WITH_AS(pool.parallel_for(40, body), std::to_string(bad).c_str(),
                                 std::runtime_error);
            std::atomic<uint64_t> visited = 0;
            pool.parallel_for(40, [&](uint64_t begin, uint64_t end) { visited += end - begin; });
            CHECK(visited == 40);
        }
        CHECK_THROWS_AS(pool.parallel_for(100, [](uint64_t, uint64_t) { throw 1; }), int);
    }
}

#ifndef _WIN32  // whose clock() is that of the wall
TEST_CASE("a pool that has nothing to do sleeps, and wakes up again") {
    ThreadPool pool(usable_processors());
    for (int round = 0; round < 3; ++round) {
        std::atomic<uint64_t> visited = 0;
        pool.parallel_for(100, [&](uint64_t begin, uint64_t end) { visited += end - begin; });
        CHECK(visited == 100);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        const std::clock_t before = std::clock();  // of all threads of the process
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        CHECK(static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC < 0.05);
    }
}
#endif

}  // namespace
}  // namespace rwkvk
