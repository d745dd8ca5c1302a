// What is fastest on a device is measured, kept and followed. How long anything takes is not asked here.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "host/split.h"
#include "runtime/check/tuning.h"
#include "runtime/include/rwkvk.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

const std::vector<WeightFormat> formats = {WeightFormat::q8_0, WeightFormat::f16};

void check_words(const std::string& mask) {
    for (const std::string& word : split(mask, ',')) {
        INFO(mask);
        const bool known = word.empty() || word == "-narrow" || word == "-cooperative-matrix" ||
                           word == "-integer-dot" || word == "+narrow";
        CHECK(known);
    }
}

std::string contents(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("what is measured is a mask of the device") {
    for (const char* mask : {"", "-narrow,+fast-dot"}) {
        const auto device = test::open_device(mask);
        if (!device) return;
        check_words(check::tuning(*device->kernels, formats));
        CHECK(check::tuning(*device->kernels, {}).empty());
        test::check_no_messages(*device);
    }
}

TEST_CASE("it is measured once; what is damaged is measured again") {
    const test::TemporaryFolder folder;
    const auto device = test::open_device();
    if (!device) return;
    gpu::KernelStore kernels(*device->device, {.statistics = false, .cache_folder = folder / "cache"});
    const std::string path = check::tuning_path(kernels, formats);
    CHECK(path != check::tuning_path(kernels, {WeightFormat::q8_0}));
    CHECK(path == check::tuning_path(kernels, {WeightFormat::f16, WeightFormat::q8_0}));
    const std::string measured = check::cached_tuning(kernels, formats);
    CHECK(contents(path) == measured + '\n');
    const std::string other = measured == "+narrow" ? "-integer-dot" : "+narrow";
    std::ofstream(path) << other << '\n';
    CHECK(check::cached_tuning(kernels, formats) == other);
    for (const char* damaged : {"-subgroup\n", "", "+narrow -integer-dot\n"}) {
        std::ofstream(path) << damaged;
        check_words(check::cached_tuning(kernels, formats));
        CHECK(contents(path) != damaged);
    }
    const gpu::KernelStore homeless(*device->device, {.statistics = false, .cache_folder = ""});
    CHECK(check::tuning_path(homeless, formats).empty());
}

TEST_CASE("memory that runs short leaves it unmeasured") {
    const test::TemporaryFolder folder;
    const auto whole = test::open_device();
    if (!whole) return;
    vk::DeviceFacts facts = whole->device->facts();
    facts.max_allocation_bytes = 64;
    vk::Device device(whole->instance, vk::choose_device(*whole->instance, ""), facts);
    gpu::KernelStore kernels(device, {.statistics = false, .cache_folder = folder / "cache"});
    CHECK(check::cached_tuning(kernels, formats).empty());
    CHECK_FALSE(std::filesystem::exists(check::tuning_path(kernels, formats)));
}

/// Runs a model with formats f32 alone; the lines of the log.
std::string run(const std::string& cache) {
    std::string lines;
    rwkvk_runtime_params runtime_params;
    rwkvk_runtime_params_default(&runtime_params, sizeof runtime_params);
    runtime_params.log_user = &lines;
    runtime_params.log = [](void* user, int32_t, const char* line) {
        *static_cast<std::string*>(user) += concat(line, '\n');
    };
    runtime_params.cache_folder = cache.c_str();
    rwkvk_runtime* runtime = nullptr;
    REQUIRE(rwkvk_runtime_create(&runtime_params, &runtime) == RWKVK_OK);
    rwkvk_model* model = nullptr;
    REQUIRE(rwkvk_model_load(runtime, RWKVK_TEST_DATA "/v7.0/model-fp32.pth", nullptr, &model) == RWKVK_OK);
    rwkvk_context_params params;
    rwkvk_context_params_default(&params, sizeof params);
    params.device = "0";
    rwkvk_context* context = nullptr;
    REQUIRE(rwkvk_context_create(model, &params, &context) == RWKVK_OK);
    rwkvk_context_destroy(context);
    rwkvk_model_destroy(model);
    rwkvk_runtime_destroy(runtime);
    return lines;
}

TEST_CASE("a context runs by what is known to be fastest, unless a mask says not to") {
    const test::TemporaryFolder folder;
    const std::string cache = folder / "cache";
    const auto device = test::open_device("+tuning,-narrow");
    if (!device || !device->device->facts().subgroup) return;
    const gpu::KernelStore kernels(*device->device, {.statistics = false, .cache_folder = cache});
    const std::string path = check::tuning_path(kernels, {WeightFormat::f32});
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << "+narrow\n";
    const char* const mask = std::getenv("RWKVK_CAPS");
    ::setenv("RWKVK_CAPS", "+tuning,-narrow", 1);
    const std::string tuned = run(cache);
    CHECK(tuned.find("measured to be faster with RWKVK_CAPS=+narrow") != std::string::npos);
    CHECK(tuned.find("matrices by linear_narrow") != std::string::npos);
    ::setenv("RWKVK_CAPS", "-tuning,-narrow", 1);
    CHECK(run(cache).find("matrices by linear_subgroup") != std::string::npos);
    mask ? ::setenv("RWKVK_CAPS", mask, 1) : ::unsetenv("RWKVK_CAPS");
}

}  // namespace
}  // namespace rwkvk
