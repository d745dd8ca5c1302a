#pragma once
// The Vulkan device that tests run on, under a mask of its facts.

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "host/error.h"
#include "host/vk/device.h"
#include "runtime/gpu/kernel_store.h"

namespace rwkvk::test {

struct TestDevice {
    std::shared_ptr<vk::Instance> instance;
    std::unique_ptr<vk::Device> device;
    std::unique_ptr<gpu::KernelStore> kernels;
};

/// Null, with a message, where there is no Vulkan: such a machine tests the rest.
inline std::unique_ptr<TestDevice> open_device(const std::string& mask = "") {
    auto result = std::make_unique<TestDevice>();
    try {
        result->instance = vk::Instance::create();
        const auto& candidate = vk::choose_device(*result->instance, "");
        const vk::DeviceFacts facts = vk::masked(vk::masked_by_environment(candidate.facts), mask);
        result->device = std::make_unique<vk::Device>(result->instance, candidate, facts);
    } catch (const Error& error) {
        if (error.code() != Code::no_device) throw;
        MESSAGE("no Vulkan device: skipped");
        return nullptr;
    }
    result->kernels = std::make_unique<gpu::KernelStore>(*result->device);
    return result;
}

/// With RWKVK_VALIDATION=1: fails for every message so far.
inline void check_no_messages(const TestDevice& device) {
    for (const std::string& message : device.instance->validation_texts()) FAIL_CHECK(message);
    CHECK(device.instance->validation_messages() == 0);
}

}  // namespace rwkvk::test
