#pragma once

#include <memory>

#include "host/vk/device.h"
#include "runtime/api/runtime.h"

namespace rwkvk::api {

/// A Vulkan device of the program's, and what is known of it.
struct OwnDevice {
    OwnDevice(std::shared_ptr<vk::Instance> its_instance, vk::ForeignDevice its_parts,
              vk::DeviceFacts its_facts)
        : instance(std::move(its_instance)),
          parts(std::move(its_parts)),
          facts(std::move(its_facts)),
          functions(vk::load_device_functions(instance->fn(), parts.device)) {}

    std::shared_ptr<vk::Instance> instance;
    vk::ForeignDevice parts;
    vk::DeviceFacts facts;  // those that are switched on
    vk::DeviceFunctions functions;
};

}  // namespace rwkvk::api

struct rwkvk_device {
    std::shared_ptr<rwkvk::api::Runtime> runtime;
    std::shared_ptr<const rwkvk::api::OwnDevice> own;
};
