#include "host/vk/features.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace rwkvk::vk {
namespace {

// Every feature struct that some row needs; which of them are chained is decided per device.
struct FeatureChain {
    VkPhysicalDeviceFeatures2 head{};
    VkPhysicalDevice16BitStorageFeatures storage16{};
    VkPhysicalDevice8BitStorageFeatures storage8{};
    VkPhysicalDeviceShaderFloat16Int8Features float16_int8{};
    VkPhysicalDeviceSubgroupSizeControlFeatures size_control{};
    VkPhysicalDeviceShaderIntegerDotProductFeatures integer_dot{};
    VkPhysicalDeviceVulkanMemoryModelFeatures memory_model{};
    VkPhysicalDeviceCooperativeMatrixFeaturesKHR cooperative_matrix{};
    VkPhysicalDeviceBufferDeviceAddressFeatures device_address{};
    VkPhysicalDeviceTimelineSemaphoreFeatures timeline{};
    VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR executables{};

    FeatureChain() {
        head.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
        storage16.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES;
        storage8.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_8BIT_STORAGE_FEATURES;
        float16_int8.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES;
        size_control.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES;
        integer_dot.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_FEATURES;
        memory_model.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_MEMORY_MODEL_FEATURES;
        cooperative_matrix.sType = cooperative_matrix_features;
        device_address.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES;
        timeline.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES;
        executables.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR;
    }
};

struct Bit {
    void* structure = nullptr;
    VkBool32* on = nullptr;
};

// For abilities that an extension brings without a feature bit.
Bit no_bit(FeatureChain&) { return {}; }

// What nothing here uses yet is not switched on: some of it wants further extensions, and costs.
enum Purpose { asked, used };

// An ability is there when all rows of its fact are.
struct Row {
    bool DeviceFacts::*fact;
    Purpose purpose;
    uint32_t core_since;  // 0: in no version up to 1.3
    const char* extension;
    Bit (*bit)(FeatureChain&);
    // The same bit in the structs that hold all of a version.
    VkBool32 VkPhysicalDeviceVulkan12Features::*in_1_2 = nullptr;
    VkBool32 VkPhysicalDeviceVulkan13Features::*in_1_3 = nullptr;
};

constexpr std::array rows{
    Row{&DeviceFacts::storage16, asked, VK_API_VERSION_1_1, "VK_KHR_16bit_storage",
        [](FeatureChain& c) {
            return Bit{&c.storage16, &c.storage16.storageBuffer16BitAccess};
        }},
    Row{&DeviceFacts::float16, used, VK_API_VERSION_1_2, "VK_KHR_shader_float16_int8",
        [](FeatureChain& c) {
            return Bit{&c.float16_int8, &c.float16_int8.shaderFloat16};
        },
        &VkPhysicalDeviceVulkan12Features::shaderFloat16},
    Row{&DeviceFacts::int8, asked, VK_API_VERSION_1_2, "VK_KHR_shader_float16_int8",
        [](FeatureChain& c) {
            return Bit{&c.float16_int8, &c.float16_int8.shaderInt8};
        }},
    Row{&DeviceFacts::int8, asked, VK_API_VERSION_1_2, "VK_KHR_8bit_storage",
        [](FeatureChain& c) {
            return Bit{&c.storage8, &c.storage8.storageBuffer8BitAccess};
        }},
    Row{&DeviceFacts::subgroup_size_control, used, VK_API_VERSION_1_3, "VK_EXT_subgroup_size_control",
        [](FeatureChain& c) {
            return Bit{&c.size_control, &c.size_control.subgroupSizeControl};
        },
        nullptr, &VkPhysicalDeviceVulkan13Features::subgroupSizeControl},
    Row{&DeviceFacts::subgroup_size_control, used, VK_API_VERSION_1_3, "VK_EXT_subgroup_size_control",
        [](FeatureChain& c) {
            return Bit{&c.size_control, &c.size_control.computeFullSubgroups};
        },
        nullptr, &VkPhysicalDeviceVulkan13Features::computeFullSubgroups},
    Row{&DeviceFacts::integer_dot, used, VK_API_VERSION_1_3, "VK_KHR_shader_integer_dot_product",
        [](FeatureChain& c) {
            return Bit{&c.integer_dot, &c.integer_dot.shaderIntegerDotProduct};
        },
        nullptr, &VkPhysicalDeviceVulkan13Features::shaderIntegerDotProduct},
    Row{&DeviceFacts::cooperative_matrix, used, 0, "VK_KHR_cooperative_matrix",
        [](FeatureChain& c) {
            return Bit{&c.cooperative_matrix, &c.cooperative_matrix.cooperativeMatrix};
        }},
    // Compilers emit cooperative matrices under the Vulkan memory model only.
    Row{&DeviceFacts::cooperative_matrix, used, VK_API_VERSION_1_2, "VK_KHR_vulkan_memory_model",
        [](FeatureChain& c) {
            return Bit{&c.memory_model, &c.memory_model.vulkanMemoryModel};
        },
        &VkPhysicalDeviceVulkan12Features::vulkanMemoryModel},
    // With that model, barriers across a device, which joined steps have, are an ability of their own.
    Row{&DeviceFacts::cooperative_matrix, used, VK_API_VERSION_1_2, "VK_KHR_vulkan_memory_model",
        [](FeatureChain& c) {
            return Bit{&c.memory_model, &c.memory_model.vulkanMemoryModelDeviceScope};
        },
        &VkPhysicalDeviceVulkan12Features::vulkanMemoryModelDeviceScope},
    Row{&DeviceFacts::buffer_device_address, asked, VK_API_VERSION_1_2, "VK_KHR_buffer_device_address",
        [](FeatureChain& c) {
            return Bit{&c.device_address, &c.device_address.bufferDeviceAddress};
        }},
    Row{&DeviceFacts::timeline, used, VK_API_VERSION_1_2, "VK_KHR_timeline_semaphore",
        [](FeatureChain& c) {
            return Bit{&c.timeline, &c.timeline.timelineSemaphore};
        },
        &VkPhysicalDeviceVulkan12Features::timelineSemaphore},
    Row{&DeviceFacts::statistics, used, 0, "VK_KHR_pipeline_executable_properties",
        [](FeatureChain& c) {
            return Bit{&c.executables, &c.executables.pipelineExecutableInfo};
        }},
    Row{&DeviceFacts::float_controls, used, VK_API_VERSION_1_2, "VK_KHR_shader_float_controls", no_bit},
    Row{&DeviceFacts::memory_budget, asked, 0, "VK_EXT_memory_budget", no_bit},
    // Of queues, so it is switched on where one is made.
    Row{&DeviceFacts::low_priority, asked, 0, "VK_EXT_global_priority", no_bit},
};

void link(FeatureChain& chain, void* structure) {
    auto* added = static_cast<VkBaseOutStructure*>(structure);
    for (auto* at = static_cast<VkBaseOutStructure*>(chain.head.pNext); at; at = at->pNext) {
        if (at == added) return;  // two rows share a struct
    }
    added->pNext = static_cast<VkBaseOutStructure*>(chain.head.pNext);
    chain.head.pNext = added;
}

}  // namespace

Offer offer_of(const InstanceFunctions& fn, VkPhysicalDevice device, uint32_t most_version) {
    VkPhysicalDeviceProperties properties;
    fn.vkGetPhysicalDeviceProperties(device, &properties);
    uint32_t count = 0;
    check(fn.vkEnumerateDeviceExtensionProperties(device, nullptr, &count, nullptr),
          "counting device extensions");
    std::vector<VkExtensionProperties> list(count);
    check(fn.vkEnumerateDeviceExtensionProperties(device, nullptr, &count, list.data()),
          "listing device extensions");
    Offer offer;
    offer.api_version = std::min(properties.apiVersion, most_version);
    for (uint32_t i = 0; i < count; ++i) offer.extensions.insert(list[i].extensionName);
    return offer;
}

std::vector<VkCooperativeMatrixPropertiesKHR> cooperative_matrices(const InstanceFunctions& fn,
                                                                   VkPhysicalDevice device,
                                                                   const Offer& offer) {
    const auto list = fn.vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR;
    uint32_t count = 0;
    if (!offer.has("VK_KHR_cooperative_matrix") || !list || list(device, &count, nullptr) < 0) return {};
    VkCooperativeMatrixPropertiesKHR empty{};
    empty.sType = cooperative_matrix_properties;
    std::vector<VkCooperativeMatrixPropertiesKHR> shapes(count, empty);
    if (list(device, &count, shapes.data()) < 0) return {};
    shapes.resize(count);
    return shapes;
}

void query_features(const InstanceFunctions& fn, VkPhysicalDevice device, const Offer& offer,
                    DeviceFacts& facts) {
    FeatureChain chain;
    for (const Row& row : rows) {
        const Bit bit = row.bit(chain);
        if (bit.structure && offer.has(row.core_since, row.extension)) link(chain, bit.structure);
    }
    fn.vkGetPhysicalDeviceFeatures2(device, &chain.head);
    for (const Row& row : rows) facts.*row.fact = true;
    for (const Row& row : rows) {
        const Bit bit = row.bit(chain);
        const bool known = offer.has(row.core_since, row.extension);
        // A struct that was not chained has all its bits off.
        facts.*row.fact = facts.*row.fact && known && (!bit.on || *bit.on);
    }
}

namespace {

template <typename Struct>
const Struct* find(const void* chain, VkStructureType type) {
    for (auto* at = static_cast<const VkBaseInStructure*>(chain); at; at = at->pNext)
        if (at->sType == type) return reinterpret_cast<const Struct*>(at);
    return nullptr;
}

bool is_on(const Row& row, const void* chain) {
    FeatureChain own;
    const Bit bit = row.bit(own);
    if (!bit.structure) return true;
    const auto* const head = static_cast<const VkBaseInStructure*>(bit.structure);
    const auto offset = reinterpret_cast<const char*>(bit.on) - reinterpret_cast<const char*>(head);
    if (const auto* const same = find<char>(chain, head->sType))
        return *reinterpret_cast<const VkBool32*>(same + offset) != VK_FALSE;
    if (row.in_1_2) {
        const auto* const all = find<VkPhysicalDeviceVulkan12Features>(
            chain, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES);
        return all && all->*row.in_1_2;
    }
    if (row.in_1_3) {
        const auto* const all = find<VkPhysicalDeviceVulkan13Features>(
            chain, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES);
        return all && all->*row.in_1_3;
    }
    return false;
}

}  // namespace

void keep_enabled(const Offer& offer, const std::set<std::string>& extensions, const void* chain,
                  DeviceFacts& facts) {
    for (const Row& row : rows) {
        if (row.purpose != used) continue;
        const bool core = row.core_since != 0 && offer.api_version >= row.core_since;
        facts.*row.fact =
            facts.*row.fact && (core || extensions.count(row.extension) != 0) && is_on(row, chain);
    }
}

struct EnabledFeatures::Chain : FeatureChain {};

EnabledFeatures::EnabledFeatures(const DeviceFacts& facts, const Offer& offer)
    : chain_(std::make_unique<Chain>()) {
    std::set<std::string_view> named;
    for (const Row& row : rows) {
        if (!(facts.*row.fact) || row.purpose != used) continue;
        const Bit bit = row.bit(*chain_);
        if (bit.structure) {
            link(*chain_, bit.structure);
            *bit.on = VK_TRUE;
        }
        const bool core = row.core_since != 0 && offer.api_version >= row.core_since;
        if (!core && named.insert(row.extension).second) extensions_.push_back(row.extension);
    }
    // A device that has it does not conform to Vulkan in full; the specification wants it switched on then.
    const char* const portability = "VK_KHR_portability_subset";
    if (offer.has(portability)) extensions_.push_back(portability);
}

EnabledFeatures::~EnabledFeatures() = default;

const void* EnabledFeatures::chain() const { return &chain_->head; }

}  // namespace rwkvk::vk
