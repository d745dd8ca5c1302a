#include "gpu_device.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

namespace rwkvk::desktop {
namespace {

using Wishes = std::unique_ptr<rwkvk_device_wishes, decltype(&rwkvk_device_wishes_destroy)>;

constexpr float priorities[] = {1, 0.5f};  // a frame comes before a model's next token

[[noreturn]] void no_device(const char* found) {
    throw std::runtime_error(
        std::string("the window: expected a Vulkan device that draws to windows, found ") + found +
        ": install a Vulkan driver (Debian: mesa-vulkan-drivers)");
}

/// As the loader has it; what the library has a use for at most.
uint32_t instance_version() {
    // Loaders of Vulkan 1.0 lack the function.
    const auto ask = reinterpret_cast<PFN_vkEnumerateInstanceVersion>(
        glfwGetInstanceProcAddress(nullptr, "vkEnumerateInstanceVersion"));
    uint32_t version = VK_API_VERSION_1_0;
    if (ask) vk(ask(&version), "vkEnumerateInstanceVersion");
    return std::min<uint32_t>(version, VK_API_VERSION_1_3);
}

void make_instance(GpuDevice& gpu) {
    uint32_t count = 0;
    const char** const extensions = glfwGetRequiredInstanceExtensions(&count);
    if (!extensions) no_device("no Vulkan loader or driver");
    gpu.api_version = instance_version();
    VkApplicationInfo application{};
    application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
    application.pApplicationName = "rwkvk";
    application.apiVersion = gpu.api_version;
    VkInstanceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
    info.pApplicationInfo = &application;
    info.enabledExtensionCount = count;
    info.ppEnabledExtensionNames = extensions;
    vk(vkCreateInstance(&info, nullptr, &gpu.instance), "vkCreateInstance");
}

// ---- Which device, which queues ----

std::vector<VkQueueFamilyProperties> families_of(VkPhysicalDevice physical) {
    uint32_t count = 0;
    vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, nullptr);
    std::vector<VkQueueFamilyProperties> families(count);
    vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, families.data());
    return families;
}

/// The first family of queues that draws to windows.
std::optional<uint32_t> drawing_family(VkInstance instance, VkPhysicalDevice physical) {
    const std::vector<VkQueueFamilyProperties> families = families_of(physical);
    for (uint32_t family = 0; family < families.size(); ++family) {
        if ((families[family].queueFlags & VK_QUEUE_GRAPHICS_BIT) &&
            glfwGetPhysicalDevicePresentationSupport(instance, physical, family))
            return family;
    }
    return std::nullopt;
}

/// The better, the lower.
int rank(VkPhysicalDevice physical) {
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(physical, &properties);
    switch (properties.deviceType) {
        case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
            return 0;
        case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
            return 1;
        case VK_PHYSICAL_DEVICE_TYPE_CPU:
            return 3;
        default:
            return 2;
    }
}

void choose(GpuDevice& gpu) {
    uint32_t count = 0;
    vk(vkEnumeratePhysicalDevices(gpu.instance, &count, nullptr), "vkEnumeratePhysicalDevices");
    std::vector<VkPhysicalDevice> all(count);
    vk(vkEnumeratePhysicalDevices(gpu.instance, &count, all.data()), "vkEnumeratePhysicalDevices");
    for (const VkPhysicalDevice physical : all) {
        const std::optional<uint32_t> family = drawing_family(gpu.instance, physical);
        if (!family || (gpu.physical && rank(physical) >= rank(gpu.physical))) continue;
        gpu.physical = physical;
        gpu.family = *family;
    }
    if (!gpu.physical) no_device("none");
}

VkDeviceQueueCreateInfo queues_of(uint32_t family, uint32_t count, const float* of_priorities) {
    VkDeviceQueueCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
    info.queueFamilyIndex = family;
    info.queueCount = count;
    info.pQueuePriorities = of_priorities;
    return info;
}

/// `wishes` NULL: nothing but what drawing needs.
void make_device(GpuDevice& gpu, const rwkvk_device_wishes* wishes) {
    gpu.model_family = wishes ? rwkvk_device_wishes_queue_family(wishes) : gpu.family;
    const bool other_family = gpu.model_family != gpu.family;
    const bool second_queue = wishes && !other_family && families_of(gpu.physical)[gpu.family].queueCount > 1;
    const std::array queues = {queues_of(gpu.family, second_queue ? 2 : 1, &priorities[0]),
                               queues_of(gpu.model_family, 1, &priorities[1])};
    std::vector<const char*> extensions = {VK_KHR_SWAPCHAIN_EXTENSION_NAME};
    size_t count = 0;
    const char* const* const wished = rwkvk_device_wishes_extensions(wishes, &count);
    extensions.insert(extensions.end(), wished, wished + count);
    VkDeviceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
    info.pNext = rwkvk_device_wishes_features(wishes);
    info.queueCreateInfoCount = other_family ? 2 : 1;
    info.pQueueCreateInfos = queues.data();
    info.enabledExtensionCount = static_cast<uint32_t>(extensions.size());
    info.ppEnabledExtensionNames = extensions.data();
    vk(vkCreateDevice(gpu.physical, &info, nullptr, &gpu.device), "vkCreateDevice");
    vkGetDeviceQueue(gpu.device, gpu.family, 0, &gpu.queue);
    vkGetDeviceQueue(gpu.device, gpu.model_family, second_queue ? 1 : 0, &gpu.model_queue);
}

// ---- The model's part ----

rwkvk_vulkan physical_part(const GpuDevice& gpu) {
    rwkvk_vulkan vulkan;
    rwkvk_vulkan_default(&vulkan, sizeof vulkan);
    vulkan.api_version = gpu.api_version;
    vulkan.get_instance_proc_addr = reinterpret_cast<void (*)()>(vkGetInstanceProcAddr);
    vulkan.instance = gpu.instance;
    vulkan.physical_device = gpu.physical;
    return vulkan;
}

Wishes wishes_for(const Runtime& runtime, const GpuDevice& gpu) {
    const rwkvk_vulkan vulkan = physical_part(gpu);
    rwkvk_device_wishes* wishes = nullptr;
    runtime.check(rwkvk_device_wishes_create(runtime.handle(), &vulkan, &wishes));
    return {wishes, rwkvk_device_wishes_destroy};
}

std::shared_ptr<const rwkvk_device> adopt(const Runtime& runtime, const std::shared_ptr<GpuDevice>& gpu,
                                          const rwkvk_device_wishes* wishes) {
    rwkvk_vulkan vulkan = physical_part(*gpu);
    vulkan.device = gpu->device;
    vulkan.queue = gpu->model_queue;
    vulkan.queue_family = gpu->model_family;
    vulkan.extensions = rwkvk_device_wishes_extensions(wishes, &vulkan.extension_count);
    vulkan.features = rwkvk_device_wishes_features(wishes);
    vulkan.lock = [](void* mutex) { static_cast<std::mutex*>(mutex)->lock(); };
    vulkan.unlock = [](void* mutex) { static_cast<std::mutex*>(mutex)->unlock(); };
    vulkan.user = &gpu->model_queue_mutex();
    rwkvk_device* adopted = nullptr;
    runtime.check(rwkvk_device_adopt(runtime.handle(), &vulkan, &adopted));
    return {adopted, [gpu](rwkvk_device* device) { rwkvk_device_destroy(device); }};
}

}  // namespace

GpuDevice::~GpuDevice() {
    if (device) vkDestroyDevice(device, nullptr);
    if (instance) vkDestroyInstance(instance, nullptr);
}

std::unique_lock<std::mutex> GpuDevice::hold_queue() const {
    return queue == model_queue ? std::unique_lock(mutex_) : std::unique_lock(mutex_, std::defer_lock);
}

void vk(VkResult result, const char* what) {
    if (result == VK_SUCCESS) return;
    const std::string text =
        std::string("the window: ") + what + " failed with the Vulkan error " + std::to_string(result);
    if (result == VK_ERROR_DEVICE_LOST) throw DeviceLost(text);
    throw std::runtime_error(text);
}

OpenedDevice open_gpu_device(const Runtime& runtime) {
    const auto gpu = std::make_shared<GpuDevice>();
    make_instance(*gpu);
    choose(*gpu);
    DrawingDevice drawing;
    try {
        if (gpu->api_version < VK_API_VERSION_1_1)
            throw std::runtime_error("Vulkan's loader is of version 1.0, expected 1.1 or later: update it");
        const Wishes wishes = wishes_for(runtime, *gpu);
        make_device(*gpu, wishes.get());
        drawing.device = adopt(runtime, gpu, wishes.get());
    } catch (const std::exception& error) {
        drawing.refusal = error.what();
    }
    if (!gpu->device) make_device(*gpu, nullptr);
    return {gpu, drawing};
}

}  // namespace rwkvk::desktop
