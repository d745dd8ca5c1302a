// The self-test of a device: what it says of a good and of a faulty one, and that exact mode is refused then.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "runtime/check/self_test.h"
#include "runtime/include/rwkvk.h"
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
    for (const std::string name : {"arithmetic", "wkv7", "round", "linear"}) {
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
    CHECK_NOTHROW(check::require_exact(*device->kernels, check::cached_self_test(*device->kernels)));

    std::ofstream(path) << "not exact\noperation 0: it fuses\n";
    CHECK_FALSE(check::cached_self_test(*device->kernels).exact());
    try {
        check::require_exact(*device->kernels, check::cached_self_test(*device->kernels));
        FAIL_CHECK("exact mode was allowed");
    } catch (const Error& error) {
        CHECK(error.code() == Code::not_exact);
        CHECK(std::string(error.what()).find("it fuses") != std::string::npos);
    }
    // A damaged entry is no verdict: the test is run again.
    std::ofstream(path) << "garbage\n";
    CHECK(check::cached_self_test(*device->kernels).exact());
}

TEST_CASE("memory that runs short is no verdict") {
    const test::TemporaryFolder folder;
    const std::string cache = folder / "cache";
    ::setenv("XDG_CACHE_HOME", cache.c_str(), 1);
    const auto whole = test::open_device();
    if (!whole) return;
    vk::DeviceFacts facts = whole->device->facts();
    facts.max_allocation_bytes = 64;
    vk::Device device(whole->instance, vk::choose_device(*whole->instance, ""), facts);
    gpu::KernelStore kernels(device);
    try {
        check::cached_self_test(kernels);
        FAIL("it passed without memory");
    } catch (const Error& error) {
        CHECK(error.code() == Code::out_of_memory);
    }
    CHECK_FALSE(std::filesystem::exists(check::verdict_path(kernels, std::nullopt)));
}

struct Log {
    std::vector<std::string> warnings, status;
    static void take(void* user, int32_t level, const char* line) {
        Log& to = *static_cast<Log*>(user);
        if (level == RWKVK_LOG_WARNING) to.warnings.push_back(line);
        if (std::string(line).starts_with("running on ")) to.status.push_back(line);
    }
};

/// What is said while a model runs on the device, whose self-test is said to have failed with this.
Log run_after_failure(const test::TestDevice& device, const std::string& failure) {
    const test::TemporaryFolder folder;
    const std::string cache = folder / "cache";
    const gpu::KernelStore kernels(*device.device, {.statistics = false, .cache_folder = cache});
    const std::string path = check::verdict_path(kernels, std::nullopt);
    CHECK(path.starts_with(cache));
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << "not exact\n" << failure << '\n';

    Log seen;
    rwkvk_runtime_params runtime_params;
    rwkvk_runtime_params_default(&runtime_params, sizeof runtime_params);
    runtime_params.log_user = &seen;
    runtime_params.log = Log::take;
    runtime_params.cache_folder = cache.c_str();
    rwkvk_runtime* runtime = nullptr;
    REQUIRE(rwkvk_runtime_create(&runtime_params, &runtime) == RWKVK_OK);
    rwkvk_model* model = nullptr;
    REQUIRE(rwkvk_model_load(runtime, RWKVK_TEST_DATA "/v7.0/model-fp32.pth", nullptr, &model) == RWKVK_OK);
    const auto logits_on = [&](const std::string& name) {
        rwkvk_context_params params;
        rwkvk_context_params_default(&params, sizeof params);
        params.device = name.c_str();
        rwkvk_context* context = nullptr;
        REQUIRE(rwkvk_context_create(model, &params, &context) == RWKVK_OK);
        rwkvk_model_info model_info{};
        model_info.size = sizeof model_info;
        REQUIRE(rwkvk_model_info_get(model, &model_info) == RWKVK_OK);
        std::vector<float> logits(model_info.vocabulary);
        const rwkvk_token tokens[] = {1, 2, 3};
        CHECK(rwkvk_eval(context, 0, tokens, 3, logits.data()) == RWKVK_OK);
        rwkvk_context_destroy(context);
        return logits;
    };
    CHECK(logits_on(device.device->facts().name) == logits_on("cpu"));
    // Beside the verdict above there are now those of other kernels.
    CHECK(std::distance(std::filesystem::directory_iterator(folder / "cache/self-test"), {}) > 1);
    rwkvk_model_destroy(model);
    rwkvk_runtime_destroy(runtime);
    return seen;
}

TEST_CASE("where the kernels with subgroups fail, those without are used") {
    ::setenv("RWKVK_CAPS", "-narrow", 1);
    const auto device = test::open_device();
    if (device && device->device->facts().subgroup) {
        const Log seen = run_after_failure(*device, "linear with linear_subgroup, slot 3: 3 values differ");
        REQUIRE(seen.warnings.size() == 1);
        CHECK(seen.warnings[0].find("without subgroups are used, which are slower") != std::string::npos);
        CHECK(seen.warnings[0].find("3 values differ") != std::string::npos);
        CHECK(std::ranges::count_if(seen.status, [](const std::string& line) {
                  return line.ends_with(
                      "; matrices by linear_narrow, since the kernels with subgroups failed the self-test");
              }) == 1);
    }
    ::unsetenv("RWKVK_CAPS");
}

TEST_CASE("where kernels of joined steps fail, steps are not joined") {
    const auto device = test::open_device();
    if (!device || !device->device->facts().joins) return;
    const Log seen = run_after_failure(*device, "head7_up of 96 f16 with head7_up, slot 9: 3 values differ");
    REQUIRE(seen.warnings.size() == 1);
    CHECK(seen.warnings[0].find("without joined steps are used, which are slower") != std::string::npos);
    CHECK(std::ranges::none_of(seen.status, [](const std::string& line) {
        return line.find("failed the self-test") != std::string::npos;
    }));
    CHECK(check::only_fail({{"x with linear_narrow_mix, slot 5: y"}}, is_join));
    CHECK_FALSE(check::only_fail({{"x with linear_narrow_mix, slot 5: y", "x with linear_narrow, slot 3: y"}},
                                 is_join));
    CHECK_FALSE(check::only_fail({}, is_join));
}

TEST_CASE("shapes as large as those of large models are part of the self-test") {
    vk::DeviceFacts facts;
    facts.type = vk::DeviceType::discrete;
    const auto any = [&](Op op, check::TestPart part, const auto& fits) {
        return std::ranges::any_of(check::self_test_cases(op, part, facts), fits);
    };
    const auto is_wide = [](const check::OpCase& c) { return c.slots.at(0).size() == 4096; };
    const auto is_long = [](const check::OpCase& c) { return c.matrix && c.matrix->in == 16384; };
    CHECK(any(Op::norm, std::nullopt, is_wide));
    CHECK(any(Op::linear_blocks, WeightFormat::q4_k, is_long));
    CHECK_FALSE(any(Op::linear, std::nullopt, is_long));
}

}  // namespace
}  // namespace rwkvk
