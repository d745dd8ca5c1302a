#include "host/large_memory.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace rwkvk {
namespace {

TEST_CASE("what is taken is apart, aligned, and lives on, whatever was expected") {
    for (const uint64_t expected : {uint64_t{0}, uint64_t{1000}, uint64_t{5} << 20}) {
        std::vector<std::shared_ptr<std::byte[]>> taken;
        const std::vector<uint64_t> sizes = {1, 64, 65, 0, 100000, uint64_t{3} << 20, 7, uint64_t{2} << 20};
        {
            LargeMemory memory(expected);
            for (size_t i = 0; i < sizes.size(); ++i) {
                taken.push_back(memory.take(sizes[i]));
                CHECK(reinterpret_cast<uintptr_t>(taken[i].get()) % 64 == 0);
                std::memset(taken[i].get(), static_cast<int>(i + 1), sizes[i]);
            }
        }
        for (size_t i = 0; i < sizes.size(); ++i) {
            const auto mine = [i](std::byte value) { return value == static_cast<std::byte>(i + 1); };
            CHECK(std::all_of(taken[i].get(), taken[i].get() + sizes[i], mine));
        }
    }
}

TEST_CASE("no more is taken from the system than was expected") {
    LargeMemory memory(uint64_t{8} << 20);
    const auto first = memory.take(uint64_t{2} << 20);
    const auto second = memory.take(uint64_t{6} << 20);
    CHECK(second.get() == first.get() + (uint64_t{2} << 20));
    CHECK(reinterpret_cast<uintptr_t>(first.get()) % (uint64_t{2} << 20) == 0);
}

}  // namespace
}  // namespace rwkvk
