#pragma once
// Vulkan of which one call fails: a vkGetInstanceProcAddr whose device functions count, and return an error
// once.

#include <string>
#include <vector>

#include "host/vk/api.h"

namespace rwkvk::test {

class FaultyVulkan {
  public:
    /// From now on the calls are those of `real`. One at a time.
    static PFN_vkGetInstanceProcAddr over(PFN_vkGetInstanceProcAddr real);

    /// Counts anew. The call number `call` of those to the function fails with `result`, and after
    /// VK_ERROR_DEVICE_LOST every further one.
    static void fail(const std::string& function, uint64_t call, VkResult result);
    static void fail_nothing();
    /// Whether the call that was to fail came.
    static bool has_failed();

    struct Calls {
        std::string function;
        uint64_t calls;
    };
    /// Of every function that can fail, since the last `fail` or `fail_nothing`.
    static std::vector<Calls> calls();
};

}  // namespace rwkvk::test
