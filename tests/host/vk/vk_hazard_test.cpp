#include <doctest/doctest.h>

#include <array>
#include <cstddef>

#include "host/vk/recorder.h"

using namespace rwkvk::vk;

namespace {

// The tracker only compares addresses.
struct Buffers {
    alignas(16) std::array<std::byte, 32> storage{};
    Buffer* a = reinterpret_cast<Buffer*>(&storage[0]);
    Buffer* b = reinterpret_cast<Buffer*>(&storage[16]);
};

bool conflict(const Binding& earlier, const Binding& later) {
    HazardTracker tracker;
    tracker.add({&earlier, 1});
    return tracker.conflicts({&later, 1});
}

}  // namespace

TEST_CASE("a read after a write waits") {
    const Buffers of;
    CHECK(conflict({of.a, 0, 64, Access::write}, {of.a, 0, 64, Access::read}));
    CHECK(conflict({of.a, 0, 64, Access::update}, {of.a, 0, 64, Access::read}));
}

TEST_CASE("a write after a write waits") {
    const Buffers of;
    CHECK(conflict({of.a, 0, 64, Access::write}, {of.a, 0, 64, Access::write}));
    CHECK(conflict({of.a, 0, 64, Access::update}, {of.a, 0, 64, Access::update}));
}

TEST_CASE("a write after a read waits") {
    const Buffers of;
    CHECK(conflict({of.a, 0, 64, Access::read}, {of.a, 0, 64, Access::write}));
    CHECK(conflict({of.a, 0, 64, Access::read}, {of.a, 0, 64, Access::update}));
}

TEST_CASE("reads do not wait for reads") {
    const Buffers of;
    CHECK_FALSE(conflict({of.a, 0, 64, Access::read}, {of.a, 0, 64, Access::read}));
}

TEST_CASE("ranges that share a byte conflict, however they overlap") {
    const Buffers of;
    const Binding written{of.a, 64, 64, Access::write};
    CHECK(conflict(written, {of.a, 0, 65, Access::read}));
    CHECK(conflict(written, {of.a, 127, 1, Access::read}));
    CHECK(conflict(written, {of.a, 80, 4, Access::read}));
    CHECK(conflict(written, {of.a, 0, 4096, Access::read}));
}

TEST_CASE("disjoint ranges do not conflict") {
    const Buffers of;
    const Binding written{of.a, 64, 64, Access::write};
    CHECK_FALSE(conflict(written, {of.a, 0, 64, Access::update}));
    CHECK_FALSE(conflict(written, {of.a, 128, 64, Access::update}));
    CHECK_FALSE(conflict(written, {of.b, 64, 64, Access::update}));
    CHECK_FALSE(conflict(written, {of.a, 80, 0, Access::update}));
}

TEST_CASE("bindings of one dispatch do not conflict with each other") {
    const Buffers of;
    const std::array uses{Binding{of.a, 0, 64, Access::read}, Binding{of.a, 0, 64, Access::update}};
    HazardTracker tracker;
    CHECK_FALSE(tracker.conflicts(uses));
    tracker.add(uses);
    CHECK(tracker.conflicts(uses));
}

TEST_CASE("a cleared tracker remembers nothing, and one hit among many is found") {
    const Buffers of;
    HazardTracker tracker;
    for (uint64_t i = 0; i < 100; ++i) {
        const Binding use{of.a, i * 64, 64, Access::write};
        CHECK_FALSE(tracker.conflicts({&use, 1}));
        tracker.add({&use, 1});
    }
    const std::array uses{Binding{of.b, 0, 6400, Access::read}, Binding{of.a, 57 * 64, 4, Access::read}};
    CHECK(tracker.conflicts(uses));
    tracker.clear();
    CHECK_FALSE(tracker.conflicts(uses));
}
