#include "tests/support/program_device.h"

#include <dlfcn.h>
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace rwkvk::test {
namespace {

constexpr const char* validation_layer = "VK_LAYER_KHRONOS_validation";

void check(VkResult result) { REQUIRE(result == VK_SUCCESS); }

template <typename Function>
Function load(PFN_vkGetInstanceProcAddr from, VkInstance instance, const char* name) {
    return reinterpret_cast<Function>(from(instance, name));
}
#define LOAD(name) const auto name = load<PFN_##name>(get_instance_proc_addr_, instance_, #name)

bool has_validation(PFN_vkGetInstanceProcAddr from) {
    const auto list =
        load<PFN_vkEnumerateInstanceLayerProperties>(from, nullptr, "vkEnumerateInstanceLayerProperties");
    uint32_t count = 0;
    list(&count, nullptr);
    std::vector<VkLayerProperties> layers(count);
    list(&count, layers.data());
    for (const VkLayerProperties& layer : layers)
        if (std::strcmp(layer.layerName, validation_layer) == 0) return true;
    return false;
}

}  // namespace

std::unique_ptr<ProgramDevice> ProgramDevice::make(rwkvk_runtime* runtime, uint32_t api_version,
                                                   bool with_wishes) {
    std::unique_ptr<ProgramDevice> made(new ProgramDevice);
    if (!made->make_instance(api_version)) {
        MESSAGE("no Vulkan device: skipped");
        return nullptr;
    }
    made->make_callbacks();
    made->make_device(runtime, with_wishes);
    return made;
}

bool ProgramDevice::make_instance(uint32_t api_version) {
    void* const loader = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!loader) return false;
    get_instance_proc_addr_ =
        reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(loader, "vkGetInstanceProcAddr"));
    api_version_ = api_version;
    VkApplicationInfo application{};
    application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
    application.apiVersion = api_version;
    VkInstanceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
    info.pApplicationInfo = &application;
    const char* const extension = "VK_EXT_debug_utils";
    const bool validates = has_validation(get_instance_proc_addr_);
    VkValidationFeatureEnableEXT synchronisation =
        VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT;
    VkValidationFeaturesEXT features{};
    features.sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT;
    features.enabledValidationFeatureCount = 1;
    features.pEnabledValidationFeatures = &synchronisation;
    if (validates) {
        info.enabledLayerCount = info.enabledExtensionCount = 1;
        info.ppEnabledLayerNames = &validation_layer;
        info.ppEnabledExtensionNames = &extension;
        info.pNext = &features;
    } else {
        MESSAGE("the validation layer is not installed: nothing validates");
    }
    const auto create = load<PFN_vkCreateInstance>(get_instance_proc_addr_, nullptr, "vkCreateInstance");
    if (create(&info, nullptr, &instance_) != VK_SUCCESS) return false;
    LOAD(vkEnumeratePhysicalDevices);
    uint32_t one = 1;
    if (vkEnumeratePhysicalDevices(instance_, &one, &physical_) < 0 || one == 0) return false;
    if (!validates) return true;
    VkDebugUtilsMessengerCreateInfoEXT listen{};
    listen.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT;
    listen.messageSeverity =
        VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
    listen.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT;
    listen.pUserData = this;
    listen.pfnUserCallback = [](VkDebugUtilsMessageSeverityFlagBitsEXT, VkDebugUtilsMessageTypeFlagsEXT,
                                const VkDebugUtilsMessengerCallbackDataEXT* data, void* self) -> VkBool32 {
        auto* const device = static_cast<ProgramDevice*>(self);
        const std::lock_guard lock(device->message_mutex_);
        device->messages_.emplace_back(data->pMessage);
        return VK_FALSE;
    };
    LOAD(vkCreateDebugUtilsMessengerEXT);
    check(vkCreateDebugUtilsMessengerEXT(instance_, &listen, nullptr, &messenger_));
    return true;
}

void ProgramDevice::make_callbacks() {
    callbacks_.pUserData = this;
    callbacks_.pfnAllocation = [](void* self, size_t size, size_t alignment,
                                  VkSystemAllocationScope) -> void* {
        ++static_cast<ProgramDevice*>(self)->live_allocations_;
        return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    };
    callbacks_.pfnFree = [](void* self, void* memory) {
        if (memory) --static_cast<ProgramDevice*>(self)->live_allocations_;
        std::free(memory);
    };
    callbacks_.pfnReallocation = [](void* self, void* memory, size_t size, size_t alignment,
                                    VkSystemAllocationScope) -> void* {
        if (!memory) ++static_cast<ProgramDevice*>(self)->live_allocations_;
        if (alignment <= alignof(std::max_align_t)) return std::realloc(memory, size);
        return nullptr;  // no driver here asks for that
    };
}

void ProgramDevice::make_device(rwkvk_runtime* runtime, bool with_wishes) {
    rwkvk_vulkan own = vulkan();
    REQUIRE(rwkvk_device_wishes_create(runtime, &own, &wishes_) == RWKVK_OK);
    family_ = rwkvk_device_wishes_queue_family(wishes_);
    const float priority = 1;
    VkDeviceQueueCreateInfo queue{};
    queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
    queue.queueFamilyIndex = family_;
    queue.queueCount = 1;
    queue.pQueuePriorities = &priority;
    VkDeviceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
    info.queueCreateInfoCount = 1;
    info.pQueueCreateInfos = &queue;
    if (with_wishes) {
        size_t count = 0;
        info.ppEnabledExtensionNames = rwkvk_device_wishes_extensions(wishes_, &count);
        info.enabledExtensionCount = static_cast<uint32_t>(count);
        info.pNext = rwkvk_device_wishes_features(wishes_);
    } else {
        rwkvk_device_wishes_destroy(wishes_);
        wishes_ = nullptr;
    }
    LOAD(vkCreateDevice);
    LOAD(vkGetDeviceQueue);
    check(vkCreateDevice(physical_, &info, nullptr, &device_));
    vkGetDeviceQueue(device_, family_, 0, &queue_);
}

ProgramDevice::~ProgramDevice() {
    if (device_) {
        LOAD(vkDestroyDevice);
        vkDestroyDevice(device_, nullptr);
    }
    rwkvk_device_wishes_destroy(wishes_);
    if (messenger_) {
        LOAD(vkDestroyDebugUtilsMessengerEXT);
        vkDestroyDebugUtilsMessengerEXT(instance_, messenger_, nullptr);
    }
    if (instance_) {
        LOAD(vkDestroyInstance);
        vkDestroyInstance(instance_, nullptr);
    }
}

rwkvk_vulkan ProgramDevice::vulkan() const {
    rwkvk_vulkan vulkan;
    rwkvk_vulkan_default(&vulkan, sizeof vulkan);
    vulkan.api_version = api_version_;
    vulkan.get_instance_proc_addr = reinterpret_cast<void (*)()>(get_instance_proc_addr_);
    vulkan.instance = instance_;
    vulkan.physical_device = physical_;
    vulkan.device = device_;
    vulkan.queue = queue_;
    vulkan.queue_family = family_;
    if (wishes_) {
        vulkan.extensions = rwkvk_device_wishes_extensions(wishes_, &vulkan.extension_count);
        vulkan.features = rwkvk_device_wishes_features(wishes_);
    }
    vulkan.lock = [](void* self) {
        const auto* const device = static_cast<const ProgramDevice*>(self);
        device->queue_mutex_.lock();
        ++device->times_locked_;
    };
    vulkan.unlock = [](void* self) { static_cast<const ProgramDevice*>(self)->queue_mutex_.unlock(); };
    vulkan.user = const_cast<ProgramDevice*>(this);
    vulkan.allocation_callbacks = &callbacks_;
    return vulkan;
}

std::vector<std::string> ProgramDevice::messages() const {
    const std::lock_guard lock(message_mutex_);
    return messages_;
}

ProgramDevice::Work::Work(ProgramDevice& device)
    : thread_([&device](std::stop_token stop) { device.fill(stop); }) {}

void ProgramDevice::fill(std::stop_token stop) {
    LOAD(vkCreateCommandPool);
    LOAD(vkDestroyCommandPool);
    LOAD(vkAllocateCommandBuffers);
    LOAD(vkBeginCommandBuffer);
    LOAD(vkEndCommandBuffer);
    LOAD(vkCmdPipelineBarrier);
    LOAD(vkCreateFence);
    LOAD(vkDestroyFence);
    LOAD(vkResetFences);
    LOAD(vkWaitForFences);
    LOAD(vkQueueSubmit);
    VkCommandPoolCreateInfo pool_info{};
    pool_info.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
    pool_info.queueFamilyIndex = family_;
    VkCommandPool pool = VK_NULL_HANDLE;
    vkCreateCommandPool(device_, &pool_info, nullptr, &pool);
    VkCommandBufferAllocateInfo buffer_info{};
    buffer_info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
    buffer_info.commandPool = pool;
    buffer_info.commandBufferCount = 1;
    VkCommandBuffer commands = VK_NULL_HANDLE;
    vkAllocateCommandBuffers(device_, &buffer_info, &commands);
    VkCommandBufferBeginInfo begin{};
    begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    vkBeginCommandBuffer(commands, &begin);
    VkMemoryBarrier barrier{};
    barrier.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
    barrier.srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT;
    barrier.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT;
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0,
                         1, &barrier, 0, nullptr, 0, nullptr);
    vkEndCommandBuffer(commands);
    VkFenceCreateInfo fence_info{};
    fence_info.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
    VkFence fence = VK_NULL_HANDLE;
    vkCreateFence(device_, &fence_info, nullptr, &fence);
    VkSubmitInfo submit{};
    submit.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    submit.commandBufferCount = 1;
    submit.pCommandBuffers = &commands;
    while (!stop.stop_requested() || submissions_ == 0) {
        {
            const std::lock_guard lock(queue_mutex_);
            vkQueueSubmit(queue_, 1, &submit, fence);
        }
        vkWaitForFences(device_, 1, &fence, VK_TRUE, UINT64_MAX);
        vkResetFences(device_, 1, &fence);
        ++submissions_;
        std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    vkDestroyFence(device_, fence, nullptr);
    vkDestroyCommandPool(device_, pool, nullptr);
}

}  // namespace rwkvk::test
