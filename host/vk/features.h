#pragma once
// The optional abilities of a device, one table row each: which fact a row stands for, from which version or
// extension it comes and which feature bit switches it on. Asking a device and creating it both read the
// table.

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "host/vk/api.h"
#include "host/vk/facts.h"

namespace rwkvk::vk {

/// The version of a device and its extensions: decides which structs may be chained for it.
struct Offer {
    uint32_t api_version = 0;
    std::set<std::string> extensions;

    bool has(const char* extension) const { return extensions.count(extension) != 0; }
    /// `core_since` is the Vulkan version that took the extension over, 0 for none.
    bool has(uint32_t core_since, const char* extension) const {
        return (core_since != 0 && api_version >= core_since) || has(extension);
    }
};

/// `most_version`: that the instance was made for; a device offers no more of it.
Offer offer_of(const InstanceFunctions& fn, VkPhysicalDevice device,
               uint32_t most_version = VK_API_VERSION_1_3);

/// Leaves those facts that were switched on when the device was made, with `extensions` and with
/// VkDeviceCreateInfo::pNext as `chain`.
void keep_enabled(const Offer& offer, const std::set<std::string>& extensions, const void* chain,
                  DeviceFacts& facts);

/// The shapes that a device multiplies, none without VK_KHR_cooperative_matrix.
std::vector<VkCooperativeMatrixPropertiesKHR> cooperative_matrices(const InstanceFunctions& fn,
                                                                   VkPhysicalDevice device,
                                                                   const Offer& offer);

/// Sets every fact of the table to what the device has.
void query_features(const InstanceFunctions& fn, VkPhysicalDevice device, const Offer& offer,
                    DeviceFacts& facts);

/// The extensions and the feature chain that switch on what `facts` says and this program uses.
class EnabledFeatures {
  public:
    EnabledFeatures(const DeviceFacts& facts, const Offer& offer);
    ~EnabledFeatures();
    EnabledFeatures(const EnabledFeatures&) = delete;
    EnabledFeatures& operator=(const EnabledFeatures&) = delete;

    const void* chain() const;  // for VkDeviceCreateInfo::pNext: VkPhysicalDeviceFeatures2 and what it needs
    const std::vector<const char*>& extensions() const { return extensions_; }

  private:
    struct Chain;
    std::vector<const char*> extensions_;
    std::unique_ptr<Chain> chain_;
};

}  // namespace rwkvk::vk
