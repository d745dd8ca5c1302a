// A Vulkan layer that loses devices: once there is a file of the name in $RWKVK_LOSE_DEVICE, it takes the
// file away, and every device there is by then takes no further work. Devices made later are not touched.
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

namespace {

PFN_vkGetInstanceProcAddr next_instance_get = nullptr;

struct Device {
    PFN_vkGetDeviceProcAddr get;
    PFN_vkQueueSubmit submit;
    PFN_vkDestroyDevice destroy;
    bool lost = false;
};
std::mutex mutex;
std::map<const void*, Device> devices;  // by what begins each of their handles

const void* key_of(const void* handle) { return *static_cast<const void* const*>(handle); }

Device device_of(const void* handle) {
    const std::lock_guard lock(mutex);
    return devices.at(key_of(handle));
}

template <typename Link, typename Info>
Link* link_of(const Info* info, VkStructureType type) {
    for (auto* next = static_cast<const Link*>(info->pNext); next;
         next = static_cast<const Link*>(next->pNext))
        if (next->sType == type && next->function == VK_LAYER_LINK_INFO) return const_cast<Link*>(next);
    return nullptr;
}

VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo* info, const VkAllocationCallbacks* allocator,
                                    VkInstance* instance) {
    auto* const link =
        link_of<VkLayerInstanceCreateInfo>(info, VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO);
    next_instance_get = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
    link->u.pLayerInfo = link->u.pLayerInfo->pNext;
    return reinterpret_cast<PFN_vkCreateInstance>(next_instance_get(nullptr, "vkCreateInstance"))(
        info, allocator, instance);
}

VkResult VKAPI_CALL create_device(VkPhysicalDevice physical, const VkDeviceCreateInfo* info,
                                  const VkAllocationCallbacks* allocator, VkDevice* device) {
    auto* const link = link_of<VkLayerDeviceCreateInfo>(info, VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO);
    const auto instance_get = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
    const auto get = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
    link->u.pLayerInfo = link->u.pLayerInfo->pNext;
    const VkResult result = reinterpret_cast<PFN_vkCreateDevice>(instance_get(nullptr, "vkCreateDevice"))(
        physical, info, allocator, device);
    if (result != VK_SUCCESS) return result;
    const std::lock_guard lock(mutex);
    devices[key_of(*device)] = {get, reinterpret_cast<PFN_vkQueueSubmit>(get(*device, "vkQueueSubmit")),
                                reinterpret_cast<PFN_vkDestroyDevice>(get(*device, "vkDestroyDevice"))};
    return result;
}

void VKAPI_CALL destroy_device(VkDevice device, const VkAllocationCallbacks* allocator) {
    const Device gone = device_of(device);
    {
        const std::lock_guard lock(mutex);
        devices.erase(key_of(device));
    }
    gone.destroy(device, allocator);
}

VkResult VKAPI_CALL submit(VkQueue queue, uint32_t count, const VkSubmitInfo* infos, VkFence fence) {
    if (const char* file = std::getenv("RWKVK_LOSE_DEVICE"); file && std::remove(file) == 0) {
        const std::lock_guard lock(mutex);
        for (auto& [key, device] : devices) device.lost = true;
    }
    const Device device = device_of(queue);
    return device.lost ? VK_ERROR_DEVICE_LOST : device.submit(queue, count, infos, fence);
}

PFN_vkVoidFunction own_function(const char* name) {
    const auto is = [name](const char* other) { return std::strcmp(name, other) == 0; };
    if (is("vkCreateInstance")) return reinterpret_cast<PFN_vkVoidFunction>(create_instance);
    if (is("vkCreateDevice")) return reinterpret_cast<PFN_vkVoidFunction>(create_device);
    if (is("vkDestroyDevice")) return reinterpret_cast<PFN_vkVoidFunction>(destroy_device);
    if (is("vkQueueSubmit")) return reinterpret_cast<PFN_vkVoidFunction>(submit);
    return nullptr;
}

}  // namespace

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED PFN_vkVoidFunction VKAPI_CALL losing_device_get(VkDevice device, const char* name) {
    if (std::strcmp(name, "vkGetDeviceProcAddr") == 0)
        return reinterpret_cast<PFN_vkVoidFunction>(losing_device_get);
    const PFN_vkVoidFunction own = own_function(name);
    return own ? own : device_of(device).get(device, name);
}

EXPORTED PFN_vkVoidFunction VKAPI_CALL losing_instance_get(VkInstance instance, const char* name) {
    if (std::strcmp(name, "vkGetInstanceProcAddr") == 0)
        return reinterpret_cast<PFN_vkVoidFunction>(losing_instance_get);
    if (std::strcmp(name, "vkGetDeviceProcAddr") == 0)
        return reinterpret_cast<PFN_vkVoidFunction>(losing_device_get);
    const PFN_vkVoidFunction own = own_function(name);
    return own || !instance ? own : next_instance_get(instance, name);
}

EXPORTED VkResult VKAPI_CALL vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface* given) {
    given->loaderLayerInterfaceVersion = 2;
    given->pfnGetInstanceProcAddr = losing_instance_get;
    given->pfnGetDeviceProcAddr = losing_device_get;
    given->pfnGetPhysicalDeviceProcAddr = nullptr;
    return VK_SUCCESS;
}
