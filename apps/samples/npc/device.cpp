#include "device.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include <stdexcept>
#include <vector>

namespace rwkvk::npc {
namespace {

using desktop::vk;

std::vector<VkQueueFamilyProperties> families_of(VkPhysicalDevice physical) {
    uint32_t count = 0;
    vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, nullptr);
    std::vector<VkQueueFamilyProperties> families(count);
    vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, families.data());
    return families;
}

/// The first family of queues that draws to windows; false without one.
bool find_family(VkInstance instance, VkPhysicalDevice physical, uint32_t& family) {
    const std::vector<VkQueueFamilyProperties> families = families_of(physical);
    for (family = 0; family < families.size(); ++family) {
        if ((families[family].queueFlags & VK_QUEUE_GRAPHICS_BIT) &&
            glfwGetPhysicalDevicePresentationSupport(instance, physical, family))
            return true;
    }
    return false;
}

VkDeviceQueueCreateInfo queues_of(uint32_t family, uint32_t count, const float* priorities) {
    VkDeviceQueueCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
    info.queueFamilyIndex = family;
    info.queueCount = count;
    info.pQueuePriorities = priorities;
    return info;
}

}  // namespace

Device::Device(const Runtime& runtime) {
    make_instance();
    choose_physical();
    ask_wishes(runtime);
    make_device();
}

Device::~Device() = default;

void Device::make_instance() {
    uint32_t count = 0;
    const char** const extensions = glfwGetRequiredInstanceExtensions(&count);
    if (!extensions)
        throw std::runtime_error(
            "expected Vulkan, found no loader or driver: install one (Debian: mesa-vulkan-drivers)");
    VkApplicationInfo application{};
    application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
    application.pApplicationName = "npc";
    application.apiVersion = VK_API_VERSION_1_1;  // the least that rwkvk adopts
    VkInstanceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
    info.pApplicationInfo = &application;
    info.enabledExtensionCount = count;
    info.ppEnabledExtensionNames = extensions;
    vk(vkCreateInstance(&info, nullptr, &gpu_.instance), "vkCreateInstance");
}

void Device::choose_physical() {
    uint32_t count = 0;
    vk(vkEnumeratePhysicalDevices(gpu_.instance, &count, nullptr), "vkEnumeratePhysicalDevices");
    std::vector<VkPhysicalDevice> all(count);
    vk(vkEnumeratePhysicalDevices(gpu_.instance, &count, all.data()), "vkEnumeratePhysicalDevices");
    for (const VkPhysicalDevice physical : all) {
        uint32_t family = 0;
        if (!find_family(gpu_.instance, physical, family)) continue;
        VkPhysicalDeviceProperties properties;
        vkGetPhysicalDeviceProperties(physical, &properties);
        const bool discrete = properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
        if (gpu_.physical && !discrete) continue;
        gpu_.physical = physical;
        gpu_.family = family;
        if (discrete) return;
    }
    if (!gpu_.physical)
        throw std::runtime_error("expected a Vulkan device that draws to windows, found none");
}

void Device::ask_wishes(const Runtime& runtime) {
    const rwkvk_vulkan half = vulkan();  // of which only what exists so far is looked at
    rwkvk_device_wishes* wishes = nullptr;
    runtime.check(rwkvk_device_wishes_create(runtime.handle(), &half, &wishes));
    wishes_.reset(wishes);
    compute_family_ = rwkvk_device_wishes_queue_family(wishes);
}

/// With a queue to itself for rwkvk, where there is one: of its family, or a second of the one that draws.
void Device::make_device() {
    constexpr float priorities[] = {1, 0.5f};  // a frame does not wait for a sentence
    const bool other_family = compute_family_ != gpu_.family;
    const uint32_t second = !other_family && families_of(gpu_.physical)[gpu_.family].queueCount > 1 ? 1 : 0;
    const VkDeviceQueueCreateInfo queues[] = {queues_of(gpu_.family, 1 + second, priorities),
                                              queues_of(compute_family_, 1, priorities + 1)};
    size_t count = 0;
    const char* const* wished = rwkvk_device_wishes_extensions(wishes_.get(), &count);
    std::vector<const char*> extensions(wished, wished + count);
    extensions.push_back(VK_KHR_SWAPCHAIN_EXTENSION_NAME);
    VkDeviceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
    info.pNext = rwkvk_device_wishes_features(wishes_.get());  // the drawing needs none of its own
    info.queueCreateInfoCount = other_family ? 2 : 1;
    info.pQueueCreateInfos = queues;
    info.enabledExtensionCount = static_cast<uint32_t>(extensions.size());
    info.ppEnabledExtensionNames = extensions.data();
    vk(vkCreateDevice(gpu_.physical, &info, nullptr, &gpu_.device), "vkCreateDevice");
    vkGetDeviceQueue(gpu_.device, gpu_.family, 0, &gpu_.queue);
    vkGetDeviceQueue(gpu_.device, compute_family_, second, &compute_queue_);
}

rwkvk_vulkan Device::vulkan() const {
    rwkvk_vulkan vulkan;
    rwkvk_vulkan_default(&vulkan, sizeof vulkan);
    vulkan.api_version = VK_API_VERSION_1_1;
    vulkan.get_instance_proc_addr = reinterpret_cast<void (*)()>(vkGetInstanceProcAddr);
    vulkan.instance = gpu_.instance;
    vulkan.physical_device = gpu_.physical;
    vulkan.device = gpu_.device;
    vulkan.queue = compute_queue_;
    vulkan.queue_family = compute_family_;
    return vulkan;
}

AdoptedDevice Device::adopt(const Runtime& runtime) const {
    rwkvk_vulkan whole = vulkan();
    whole.extensions = rwkvk_device_wishes_extensions(wishes_.get(), &whole.extension_count);
    whole.features = rwkvk_device_wishes_features(wishes_.get());
    if (shares_queue()) {
        whole.lock = [](void* mutex) { static_cast<std::mutex*>(mutex)->lock(); };
        whole.unlock = [](void* mutex) { static_cast<std::mutex*>(mutex)->unlock(); };
        whole.user = &queue_mutex_;
    }
    rwkvk_device* adopted = nullptr;
    runtime.check(rwkvk_device_adopt(runtime.handle(), &whole, &adopted));
    return AdoptedDevice(adopted);
}

}  // namespace rwkvk::npc
