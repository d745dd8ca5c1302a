#include "gpu_device.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include <stdexcept>
#include <vector>

namespace rwkvk::desktop {
namespace {

[[noreturn]] void no_device(const char* found) {
    throw std::runtime_error(
        std::string("the window: expected a Vulkan device that draws to windows, found ") + found +
        ": install a Vulkan driver (Debian: mesa-vulkan-drivers)");
}

VkInstance make_instance() {
    uint32_t count = 0;
    const char** const extensions = glfwGetRequiredInstanceExtensions(&count);
    if (!extensions) no_device("no Vulkan loader or driver");
    VkApplicationInfo application{};
    application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
    application.pApplicationName = "rwkvk-desktop";
    application.apiVersion = VK_API_VERSION_1_0;
    VkInstanceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
    info.pApplicationInfo = &application;
    info.enabledExtensionCount = count;
    info.ppEnabledExtensionNames = extensions;
    VkInstance instance = VK_NULL_HANDLE;
    vk(vkCreateInstance(&info, nullptr, &instance), "vkCreateInstance");
    return instance;
}

/// The first family of queues that draws to windows; false without one.
bool find_family(VkInstance instance, VkPhysicalDevice physical, uint32_t& family) {
    uint32_t count = 0;
    vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, nullptr);
    std::vector<VkQueueFamilyProperties> families(count);
    vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, families.data());
    for (family = 0; family < count; ++family) {
        if ((families[family].queueFlags & VK_QUEUE_GRAPHICS_BIT) &&
            glfwGetPhysicalDevicePresentationSupport(instance, physical, family))
            return true;
    }
    return false;
}

void choose(GpuDevice& gpu) {
    uint32_t count = 0;
    vk(vkEnumeratePhysicalDevices(gpu.instance, &count, nullptr), "vkEnumeratePhysicalDevices");
    std::vector<VkPhysicalDevice> all(count);
    vk(vkEnumeratePhysicalDevices(gpu.instance, &count, all.data()), "vkEnumeratePhysicalDevices");
    for (const VkPhysicalDevice physical : all) {
        uint32_t family = 0;
        if (!find_family(gpu.instance, physical, family)) continue;
        VkPhysicalDeviceProperties properties;
        vkGetPhysicalDeviceProperties(physical, &properties);
        const bool discrete = properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
        if (gpu.physical && !discrete) continue;
        gpu.physical = physical;
        gpu.family = family;
        if (discrete) return;
    }
    if (!gpu.physical) no_device("none");
}

void make_device(GpuDevice& gpu) {
    const float priority = 1;
    VkDeviceQueueCreateInfo queue{};
    queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
    queue.queueFamilyIndex = gpu.family;
    queue.queueCount = 1;
    queue.pQueuePriorities = &priority;
    const char* const extension = VK_KHR_SWAPCHAIN_EXTENSION_NAME;
    VkDeviceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
    info.queueCreateInfoCount = 1;
    info.pQueueCreateInfos = &queue;
    info.enabledExtensionCount = 1;
    info.ppEnabledExtensionNames = &extension;
    vk(vkCreateDevice(gpu.physical, &info, nullptr, &gpu.device), "vkCreateDevice");
    vkGetDeviceQueue(gpu.device, gpu.family, 0, &gpu.queue);
}

}  // namespace

void vk(VkResult result, const char* what) {
    if (result == VK_SUCCESS) return;
    throw std::runtime_error(std::string("the window: ") + what + " failed with the Vulkan error " +
                             std::to_string(result));
}

GpuDevice open_gpu_device() {
    GpuDevice gpu;
    gpu.instance = make_instance();
    choose(gpu);
    make_device(gpu);
    return gpu;
}

void close_gpu_device(const GpuDevice& gpu) {
    vkDestroyDevice(gpu.device, nullptr);
    vkDestroyInstance(gpu.instance, nullptr);
}

}  // namespace rwkvk::desktop
