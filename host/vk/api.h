#pragma once
// Vulkan without linking it: the types, tables of the functions in functions.def, and `check`. The loader is
// opened at run time so that the program starts on a machine that has none.

#ifndef VK_NO_PROTOTYPES
#define VK_NO_PROTOTYPES
#endif
#include <vulkan/vulkan.h>

#include <string_view>

// Headers before 1.3.255 lack this extension; drivers newer than the headers have it.
#ifndef VK_KHR_cooperative_matrix
struct VkPhysicalDeviceCooperativeMatrixFeaturesKHR {
    VkStructureType sType;
    void* pNext;
    VkBool32 cooperativeMatrix;
    VkBool32 cooperativeMatrixRobustBufferAccess;
};
struct VkCooperativeMatrixPropertiesKHR {
    VkStructureType sType;
    void* pNext;
    uint32_t MSize, NSize, KSize;
    int AType, BType, CType, ResultType;
    VkBool32 saturatingAccumulation;
    int scope;
};
using PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR =
    VkResult(VKAPI_PTR*)(VkPhysicalDevice, uint32_t*, VkCooperativeMatrixPropertiesKHR*);
#endif

namespace rwkvk::vk {

constexpr auto cooperative_matrix_features = static_cast<VkStructureType>(1000506000);
constexpr auto cooperative_matrix_properties = static_cast<VkStructureType>(1000506001);

/// Functions that need no instance. Optional ones are null where missing, in all three tables.
struct LoaderFunctions {
    PFN_vkGetInstanceProcAddr vkGetInstanceProcAddr = nullptr;
#define LOADER(name, need) PFN_##name name = nullptr;
#define INSTANCE(name, need)
#define DEVICE(name, need)
#include "host/vk/functions.def"
#undef LOADER
#undef INSTANCE
#undef DEVICE
};

struct InstanceFunctions {
#define LOADER(name, need)
#define INSTANCE(name, need) PFN_##name name = nullptr;
#define DEVICE(name, need)
#include "host/vk/functions.def"
#undef LOADER
#undef INSTANCE
#undef DEVICE
};

struct DeviceFunctions {
#define LOADER(name, need)
#define INSTANCE(name, need)
#define DEVICE(name, need) PFN_##name name = nullptr;
#include "host/vk/functions.def"
#undef LOADER
#undef INSTANCE
#undef DEVICE
};

/// Opens the system's Vulkan loader. It stays open until the process ends.
/// Errors: Code::no_device naming the files tried. The same code from all three where a required function
/// lacks.
LoaderFunctions load_loader_functions();
InstanceFunctions load_instance_functions(const LoaderFunctions& loader, VkInstance instance);
DeviceFunctions load_device_functions(const InstanceFunctions& functions, VkDevice device);

/// "VK_ERROR_DEVICE_LOST" and so on.
const char* name_of(VkResult result);

/// Throws the Error that belongs to a failed call; `what` says what was being done and to what.
[[noreturn]] void fail(VkResult result, std::string_view what);

/// Passes every result that is not an error, VK_TIMEOUT and VK_INCOMPLETE included.
inline void check(VkResult result, const char* what) {
    if (result < 0) fail(result, what);
}

}  // namespace rwkvk::vk
