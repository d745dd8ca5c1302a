// Kernels made by many threads at once, and kept from run to run.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "host/log.h"
#include "host/vk/pipeline_file.h"
#include "runtime/gpu/kernel_maker.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

std::vector<gpu::KernelUse> all_uses(const vk::DeviceFacts& facts) {
    std::vector<gpu::KernelUse> uses;
    for (size_t op = 0; op < all_ops().size(); ++op) {
        for (const KernelChoice& choice : all_choices(static_cast<Op>(op), facts)) {
            const bool blocks = info(choice.kernel).weights == KernelWeights::blocks;
            uses.push_back({choice, blocks ? WeightFormat::q8_0 : WeightFormat::f16});
        }
    }
    return uses;
}

/// A workgroup no device can run.
gpu::KernelUse impossible() {
    return {{.kernel = KernelId::mul, .constants = {1u << 20}, .items = {1, 1, 1}}, WeightFormat::f32};
}

TEST_CASE("threads that ask for the same kernels get the same ones, each made once") {
    const auto device = test::open_device();
    if (!device) return;
    const std::vector<gpu::KernelUse> uses = all_uses(device->device->facts());
    constexpr size_t threads = 6;
    std::vector<std::vector<const vk::Kernel*>> found(threads);
    std::vector<std::thread> running;
    for (size_t t = 0; t < threads; ++t) {
        running.emplace_back([&, t] {
            for (size_t i = 0; i < uses.size(); ++i) {
                // Half of the threads go through the list in the other order.
                const gpu::KernelUse& use = uses[t % 2 ? uses.size() - 1 - i : i];
                found[t].push_back(&device->kernels->get(use.choice, use.format));
            }
            if (t % 2) std::reverse(found[t].begin(), found[t].end());
        });
    }
    for (std::thread& thread : running) thread.join();
    for (size_t t = 1; t < threads; ++t) CHECK(found[t] == found[0]);
    CHECK(std::set(found[0].begin(), found[0].end()).size() == uses.size());
    test::check_no_messages(*device);
}

TEST_CASE("a kernel that cannot be made is told to every thread, and to the next call") {
    const auto device = test::open_device();
    if (!device) return;
    const gpu::KernelUse bad = impossible();
    std::atomic<int> refused = 0;
    std::vector<std::thread> running;
    for (int t = 0; t < 4; ++t) {
        running.emplace_back([&] {
            try {
                device->kernels->get(bad.choice, bad.format);
            } catch (const Error& error) {
                refused += error.code() == Code::unsupported;
            }
        });
    }
    for (std::thread& thread : running) thread.join();
    CHECK(refused == 4);
    CHECK_THROWS_AS(device->kernels->get(bad.choice, bad.format), Error);
}

TEST_CASE("a maker makes all, or throws what the first failure was") {
    const auto device = test::open_device();
    if (!device) return;
    std::vector<gpu::KernelUse> uses = all_uses(device->device->facts());
    gpu::KernelMaker maker(*device->kernels, uses, 3);
    maker.finish();
    for (const gpu::KernelUse& use : uses)
        CHECK(device->kernels->get(use.choice, use.format).pipeline() != VK_NULL_HANDLE);

    uses.insert(uses.begin() + 2, impossible());
    gpu::KernelMaker failing(*device->kernels, uses, 3);
    CHECK_THROWS_AS(failing.finish(), Error);
    gpu::KernelMaker abandoned(*device->kernels, uses, 3);  // not asked: its failure is nobody's
    gpu::KernelMaker idle(*device->kernels, {});
    CHECK_NOTHROW(idle.finish());
}

TEST_CASE("pipelines are kept where the driver gives them, and a spoilt cache changes nothing") {
    const test::TemporaryFolder folder;
    ::setenv("XDG_CACHE_HOME", (folder / "cache").c_str(), 1);
    std::string path;
    bool kept = false;
    for (int run = 0; run < 3; ++run) {
        const auto device = test::open_device();
        if (!device) return;
        const vk::DeviceFacts& facts = device->device->facts();
        path = device->kernels->pipeline_path();
        REQUIRE(path.starts_with(folder / "cache"));
        device->kernels->keep_pipelines();
        const gpu::KernelUse use = all_uses(facts).front();
        CHECK(device->kernels->get(use.choice, use.format).pipeline() != VK_NULL_HANDLE);
        kept = vk::pipelines_fit(device->device->pipeline_data(), facts);
        device->kernels->store_pipelines();
        CHECK(std::filesystem::exists(path) == (kept || run == 2));
        test::check_no_messages(*device);
        // The third run finds garbage.
        if (run == 1) {
            std::filesystem::create_directories(std::filesystem::path(path).parent_path());
            std::ofstream(path) << "garbage that is no cache of anything, but long enough to hold a header";
        }
    }
    if (!kept) MESSAGE("the driver gives no data to keep");
}

TEST_CASE("a cache that cannot be written is a line in the log") {
    const test::TemporaryFolder folder;
    std::ofstream(folder / "file") << "not a folder";
    ::setenv("XDG_CACHE_HOME", (folder / "file").c_str(), 1);
    const auto device = test::open_device();
    if (!device) return;
    device->kernels->keep_pipelines();
    const gpu::KernelUse use = all_uses(device->device->facts()).front();
    device->kernels->get(use.choice, use.format);
    CHECK_NOTHROW(device->kernels->store_pipelines());
    CHECK(std::filesystem::is_regular_file(folder / "file"));
}

}  // namespace
}  // namespace rwkvk
