#include "tests/support/faulty_vulkan.h"

#include <array>
#include <atomic>
#include <cstring>

namespace rwkvk::test {
namespace {

#define FUNCTIONS(row)                                                                                       \
    row(vkAllocateMemory) row(vkMapMemory) row(vkCreateBuffer) row(vkBindBufferMemory) row(vkCreateFence)    \
        row(vkResetFences) row(vkWaitForFences) row(vkCreateSemaphore) row(vkWaitSemaphores)                 \
            row(vkCreateQueryPool) row(vkGetQueryPoolResults) row(vkCreateShaderModule)                      \
                row(vkCreatePipelineCache) row(vkGetPipelineCacheData) row(vkCreateComputePipelines)         \
                    row(vkCreatePipelineLayout) row(vkCreateDescriptorSetLayout) row(vkCreateDescriptorPool) \
                        row(vkAllocateDescriptorSets) row(vkCreateCommandPool) row(vkAllocateCommandBuffers) \
                            row(vkBeginCommandBuffer) row(vkEndCommandBuffer) row(vkQueueSubmit)             \
                                row(vkQueueWaitIdle)

enum Function {
#define NUMBER(name) number_of_##name,
    FUNCTIONS(NUMBER)
#undef NUMBER
        function_count
};

constexpr const char* names[] = {
#define NAME(name) #name,
    FUNCTIONS(NAME)
#undef NAME
};

std::array<std::atomic<uint64_t>, function_count> counts;
std::atomic<int> failing = -1;
std::atomic<uint64_t> failing_call = 0;
std::atomic<VkResult> failing_result = VK_SUCCESS;
std::atomic<bool> failed = false;

std::atomic<VkDevice> device_of_calls = VK_NULL_HANDLE;
PFN_vkDeviceWaitIdle wait_idle = nullptr;

/// What the call returns in place of being made; VK_SUCCESS: it is made.
VkResult fault(Function function) {
    const uint64_t call = counts[function]++;
    const bool lost = failed && failing_result == VK_ERROR_DEVICE_LOST;
    if (!lost && (function != failing || call != failing_call)) return VK_SUCCESS;
    failed = true;
    // On a device that is lost nothing runs any more.
    if (failing_result == VK_ERROR_DEVICE_LOST) wait_idle(device_of_calls);
    return failing_result;
}

template <Function number, typename Pointer>
struct Wrapper;
template <Function number, typename... Arguments>
struct Wrapper<number, VkResult(VKAPI_PTR*)(Arguments...)> {
    static inline VkResult(VKAPI_PTR* real)(Arguments...) = nullptr;
    static VkResult VKAPI_CALL call(Arguments... arguments) {
        const VkResult result = fault(number);
        return result == VK_SUCCESS ? real(arguments...) : result;
    }
};

PFN_vkGetInstanceProcAddr real_get = nullptr;
PFN_vkGetDeviceProcAddr real_device_get = nullptr;

PFN_vkVoidFunction VKAPI_CALL device_get(VkDevice device, const char* name) {
    const PFN_vkVoidFunction real = real_device_get(device, name);
    if (!real) return nullptr;
    device_of_calls = device;
    if (std::strcmp(name, "vkDeviceWaitIdle") == 0) wait_idle = reinterpret_cast<PFN_vkDeviceWaitIdle>(real);
#define WRAP(function)                                                                           \
    if (std::strcmp(name, #function) == 0) {                                                     \
        using Wrapped = Wrapper<number_of_##function, PFN_##function>;                           \
        Wrapped::real = reinterpret_cast<PFN_##function>(real);                                  \
        return reinterpret_cast<PFN_vkVoidFunction>(static_cast<PFN_##function>(Wrapped::call)); \
    }
    FUNCTIONS(WRAP)
#undef WRAP
    return real;
}

PFN_vkVoidFunction VKAPI_CALL instance_get(VkInstance instance, const char* name) {
    const PFN_vkVoidFunction real = real_get(instance, name);
    if (std::strcmp(name, "vkGetDeviceProcAddr") != 0) return real;
    real_device_get = reinterpret_cast<PFN_vkGetDeviceProcAddr>(real);
    return reinterpret_cast<PFN_vkVoidFunction>(device_get);
}

void begin(int function, uint64_t call, VkResult result) {
    for (auto& count : counts) count = 0;
    failing = function;
    failing_call = call;
    failing_result = result;
    failed = false;
}

}  // namespace

PFN_vkGetInstanceProcAddr FaultyVulkan::over(PFN_vkGetInstanceProcAddr real) {
    real_get = real;
    return instance_get;
}

void FaultyVulkan::fail(const std::string& function, uint64_t call, VkResult result) {
    for (int i = 0; i < function_count; ++i)
        if (function == names[i]) begin(i, call, result);
}

void FaultyVulkan::fail_nothing() { begin(-1, 0, VK_SUCCESS); }
bool FaultyVulkan::has_failed() { return failed; }

std::vector<FaultyVulkan::Calls> FaultyVulkan::calls() {
    std::vector<Calls> all;
    for (int i = 0; i < function_count; ++i) all.push_back({names[i], counts[static_cast<size_t>(i)]});
    return all;
}

}  // namespace rwkvk::test
