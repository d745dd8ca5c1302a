#include "host/vk/api.h"

#include <string>

#include "host/error.h"
#include "host/vk/loader.h"

namespace rwkvk::vk {
namespace {

enum Need { required, optional };

template <typename Function, typename Lookup>
void load(Function& function, const std::string& name, Need need, const Lookup& lookup) {
    for (const char* suffix : {"", "KHR", "EXT"}) {
        function = reinterpret_cast<Function>(lookup((name + suffix).c_str()));
        if (function) return;
    }
    if (need == required) {
        throw Error(Code::no_device,
                    concat("Vulkan: ", name, " is missing; Vulkan 1.1 is needed, update the driver"));
    }
}

Code code_of(VkResult result) {
    switch (result) {
        case VK_ERROR_DEVICE_LOST:
            return Code::device_lost;
        case VK_ERROR_OUT_OF_HOST_MEMORY:
        case VK_ERROR_OUT_OF_DEVICE_MEMORY:
        case VK_ERROR_OUT_OF_POOL_MEMORY:
        case VK_ERROR_FRAGMENTED_POOL:
        case VK_ERROR_TOO_MANY_OBJECTS:
            return Code::out_of_memory;
        case VK_ERROR_INITIALIZATION_FAILED:
        case VK_ERROR_INCOMPATIBLE_DRIVER:
            return Code::no_device;
        default:
            return Code::unsupported;
    }
}

const char* advice_for(Code code) {
    switch (code) {
        case Code::device_lost:
            return "the driver gave the device up; if it repeats, use a smaller model, since some drivers "
                   "say "
                   "this when memory is short, or update the driver";
        case Code::out_of_memory:
            return "use a smaller model or batch, or close other programs that use the device";
        case Code::no_device:
            return "check that the device's Vulkan driver is installed";
        default:
            return "update the driver or choose another device";
    }
}

}  // namespace

LoaderFunctions load_loader_functions() {
    LoaderFunctions table;
    table.vkGetInstanceProcAddr = open_loader();
    const auto lookup = [&](const char* name) { return table.vkGetInstanceProcAddr(nullptr, name); };
#define LOADER(name, need) load(table.name, #name, need, lookup);
#define INSTANCE(name, need)
#define DEVICE(name, need)
#include "host/vk/functions.def"
#undef LOADER
#undef INSTANCE
#undef DEVICE
    return table;
}

InstanceFunctions load_instance_functions(const LoaderFunctions& loader, VkInstance instance) {
    InstanceFunctions table;
    const auto lookup = [&](const char* name) { return loader.vkGetInstanceProcAddr(instance, name); };
#define LOADER(name, need)
#define INSTANCE(name, need) load(table.name, #name, need, lookup);
#define DEVICE(name, need)
#include "host/vk/functions.def"
#undef LOADER
#undef INSTANCE
#undef DEVICE
    return table;
}

DeviceFunctions load_device_functions(const InstanceFunctions& functions, VkDevice device) {
    DeviceFunctions table;
    const auto lookup = [&](const char* name) { return functions.vkGetDeviceProcAddr(device, name); };
#define LOADER(name, need)
#define INSTANCE(name, need)
#define DEVICE(name, need) load(table.name, #name, need, lookup);
#include "host/vk/functions.def"
#undef LOADER
#undef INSTANCE
#undef DEVICE
    return table;
}

const char* name_of(VkResult result) {
    switch (result) {
        case VK_SUCCESS:
            return "VK_SUCCESS";
        case VK_ERROR_OUT_OF_HOST_MEMORY:
            return "VK_ERROR_OUT_OF_HOST_MEMORY";
        case VK_ERROR_OUT_OF_DEVICE_MEMORY:
            return "VK_ERROR_OUT_OF_DEVICE_MEMORY";
        case VK_ERROR_INITIALIZATION_FAILED:
            return "VK_ERROR_INITIALIZATION_FAILED";
        case VK_ERROR_DEVICE_LOST:
            return "VK_ERROR_DEVICE_LOST";
        case VK_ERROR_MEMORY_MAP_FAILED:
            return "VK_ERROR_MEMORY_MAP_FAILED";
        case VK_ERROR_LAYER_NOT_PRESENT:
            return "VK_ERROR_LAYER_NOT_PRESENT";
        case VK_ERROR_EXTENSION_NOT_PRESENT:
            return "VK_ERROR_EXTENSION_NOT_PRESENT";
        case VK_ERROR_FEATURE_NOT_PRESENT:
            return "VK_ERROR_FEATURE_NOT_PRESENT";
        case VK_ERROR_INCOMPATIBLE_DRIVER:
            return "VK_ERROR_INCOMPATIBLE_DRIVER";
        case VK_ERROR_TOO_MANY_OBJECTS:
            return "VK_ERROR_TOO_MANY_OBJECTS";
        case VK_ERROR_FRAGMENTED_POOL:
            return "VK_ERROR_FRAGMENTED_POOL";
        case VK_ERROR_OUT_OF_POOL_MEMORY:
            return "VK_ERROR_OUT_OF_POOL_MEMORY";
        case VK_ERROR_INVALID_SHADER_NV:
            return "VK_ERROR_INVALID_SHADER_NV";
        case VK_ERROR_UNKNOWN:
            return "VK_ERROR_UNKNOWN";
        default:
            return "a VkResult without a name";
    }
}

void fail(VkResult result, std::string_view what) {
    const Code code = code_of(result);
    throw Error(code, concat("Vulkan: ", what, ": ", name_of(result), " (", static_cast<int>(result), "); ",
                             advice_for(code)));
}

}  // namespace rwkvk::vk
