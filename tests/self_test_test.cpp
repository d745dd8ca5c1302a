// The self-test of a device: what it says of a good and of a faulty one, and that exact mode is refused then.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "runtime/check/self_test.h"
#include "shaders/spirv_modules.h"
#include "tests/support/mutate_spirv.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

/// Puts a fault into a kernel: the first sign is flipped.
void break_module(gpu::KernelStore& kernels, const std::string& name) {
    for (const SpirvModule& module : spirv_modules()) {
        if (module.name != name) continue;
        kernels.replace_module(name,
                               test::with_flipped_sign(module.words, test::signs(module.words).front()));
        return;
    }
    FAIL("no such module");
}

TEST_CASE("a device that computes exactly passes") {
    const auto device = test::open_device();
    if (!device) return;
    for (const std::string& failure : check::self_test(*device->kernels).failures) FAIL_CHECK(failure);
}

TEST_CASE("a faulty operation and a faulty kernel are told") {
    for (const std::string name : {"arithmetic", "wkv7", "linear"}) {
        const auto device = test::open_device();
        if (!device) return;
        // Of the matrix kernels, one that this device can be given.
        const KernelId linear = possible_choices(Op::linear, device->device->facts()).front().kernel;
        break_module(*device->kernels, name == "linear" ? module_name(linear, WeightFormat::f16) : name);
        INFO(name);
        CHECK_FALSE(check::self_test(*device->kernels).exact());
        CHECK(check::self_test(*device->kernels, {WeightFormat::bf16}).exact());
    }
}

TEST_CASE("verdicts are kept, and a bad one refuses exact mode") {
    const test::TemporaryFolder folder;
    const std::string cache = folder / "cache";
    ::setenv("XDG_CACHE_HOME", cache.c_str(), 1);
    const auto device = test::open_device();
    if (!device) return;
    const std::string path = check::verdict_path(*device->kernels, WeightFormat::bf16);
    CHECK(path.starts_with(cache));
    CHECK(check::cached_self_test(*device->kernels).exact());
    CHECK(std::filesystem::exists(path));
    CHECK_NOTHROW(check::require_exact(*device->kernels));

    std::ofstream(path) << "not exact\noperation 0: it fuses\n";
    CHECK_FALSE(check::cached_self_test(*device->kernels).exact());
    try {
        check::require_exact(*device->kernels);
        FAIL_CHECK("exact mode was allowed");
    } catch (const Error& error) {
        CHECK(error.code() == Code::not_exact);
        CHECK(std::string(error.what()).find("it fuses") != std::string::npos);
    }
    // A damaged entry is no verdict: the test is run again.
    std::ofstream(path) << "garbage\n";
    CHECK(check::cached_self_test(*device->kernels).exact());
}

}  // namespace
}  // namespace rwkvk
