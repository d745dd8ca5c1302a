#include "host/vk/query.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "host/error.h"
#include "host/log.h"
#include "host/vk/features.h"
#include "host/vk/memory_types.h"
#include "host/vk/quirks.h"

namespace rwkvk::vk {
namespace {

struct Properties {
    VkPhysicalDeviceProperties2 head{};
    VkPhysicalDeviceIDProperties id{};
    VkPhysicalDeviceMaintenance3Properties maintenance3{};
    VkPhysicalDeviceSubgroupProperties subgroup{};
    VkPhysicalDeviceDriverProperties driver{};
    VkPhysicalDeviceFloatControlsProperties float_controls{};
    VkPhysicalDeviceSubgroupSizeControlProperties size_control{};
    VkPhysicalDeviceShaderIntegerDotProductProperties integer_dot{};
    VkPhysicalDeviceMaintenance4Properties maintenance4{};

    const VkPhysicalDeviceLimits& limits() const { return head.properties.limits; }
};

template <typename Structure>
void chain(Properties& properties, Structure& structure, VkStructureType type) {
    structure.sType = type;
    structure.pNext = properties.head.pNext;
    properties.head.pNext = &structure;
}

void query_properties(const InstanceFunctions& fn, VkPhysicalDevice device, const Offer& offer,
                      Properties& p) {
    p.head.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
    if (offer.api_version >= VK_API_VERSION_1_1) {
        chain(p, p.id, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES);
        chain(p, p.subgroup, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES);
    }
    if (offer.has(VK_API_VERSION_1_1, "VK_KHR_maintenance3")) {
        chain(p, p.maintenance3, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES);
    }
    if (offer.has(VK_API_VERSION_1_2, "VK_KHR_driver_properties")) {
        chain(p, p.driver, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES);
    }
    if (offer.has(VK_API_VERSION_1_2, "VK_KHR_shader_float_controls")) {
        chain(p, p.float_controls, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FLOAT_CONTROLS_PROPERTIES);
    }
    if (offer.has(VK_API_VERSION_1_3, "VK_EXT_subgroup_size_control")) {
        chain(p, p.size_control, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES);
    }
    if (offer.has(VK_API_VERSION_1_3, "VK_KHR_shader_integer_dot_product")) {
        chain(p, p.integer_dot, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_PROPERTIES);
    }
    if (offer.has(VK_API_VERSION_1_3, "VK_KHR_maintenance4")) {
        chain(p, p.maintenance4, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_PROPERTIES);
    }
    fn.vkGetPhysicalDeviceProperties2(device, &p.head);
}

DeviceType type_of(VkPhysicalDeviceType type) {
    switch (type) {
        case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
            return DeviceType::discrete;
        case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
            return DeviceType::integrated;
        case VK_PHYSICAL_DEVICE_TYPE_CPU:
            return DeviceType::software;
        default:
            return DeviceType::other;
    }
}

std::string vendor_name(uint32_t id) {
    static constexpr std::pair<uint32_t, const char*> names[] = {
        {0x1002, "AMD"},     {0x1010, "Imagination"}, {0x106b, "Apple"},     {0x10005, "Mesa"},
        {0x10de, "NVIDIA"},  {0x13b5, "Arm"},         {0x1414, "Microsoft"}, {0x14e4, "Broadcom"},
        {0x144d, "Samsung"}, {0x1ae0, "Google"},      {0x5143, "Qualcomm"},  {0x8086, "Intel"},
    };
    for (const auto& [known, name] : names) {
        if (known == id) return name;
    }
    std::ostringstream unknown;
    unknown << "vendor 0x" << std::hex << id;
    return unknown.str();
}

void set_identity(const Properties& p, DeviceFacts& facts) {
    const VkPhysicalDeviceProperties& base = p.head.properties;
    facts.name = base.deviceName;
    facts.vendor = vendor_name(base.vendorID);
    facts.driver = p.driver.driverName[0] != '\0' ? concat(p.driver.driverName, " ", p.driver.driverInfo)
                                                  : concat("version ", base.driverVersion);
    facts.type = type_of(base.deviceType);
    facts.vendor_id = base.vendorID;
    facts.device_id = base.deviceID;
    facts.driver_version = base.driverVersion;
    facts.driver_id = p.driver.driverID;
    facts.api_version = base.apiVersion;
    // Vulkan 1.0 has no device UUID; the cache's tells device and driver apart as well.
    const bool has_uuid = base.apiVersion >= VK_API_VERSION_1_1;
    std::copy_n(has_uuid ? p.id.deviceUUID : base.pipelineCacheUUID, facts.uuid.size(), facts.uuid.begin());
    std::copy_n(base.pipelineCacheUUID, facts.pipeline_cache_uuid.size(), facts.pipeline_cache_uuid.begin());
}

// Zero is never true of these limits; the floor that every device must have is nearer to the truth.
template <typename Value>
void take(Value& fact, Value reported) {
    if (reported != 0) fact = reported;
}

void set_limits(const Properties& p, DeviceFacts& facts) {
    const VkPhysicalDeviceLimits& limits = p.limits();
    take(facts.max_invocations, limits.maxComputeWorkGroupInvocations);
    for (size_t i = 0; i < 3; ++i) {
        take(facts.max_group_size[i], limits.maxComputeWorkGroupSize[i]);
        take(facts.max_group_count[i], limits.maxComputeWorkGroupCount[i]);
    }
    take(facts.shared_bytes, limits.maxComputeSharedMemorySize);
    take(facts.push_bytes, limits.maxPushConstantsSize);
    // A set may be held by the total of its resources as well as by their kind.
    take(facts.max_storage_buffers,
         std::min({limits.maxPerStageDescriptorStorageBuffers, limits.maxDescriptorSetStorageBuffers,
                   limits.maxPerStageResources}));
    take<uint64_t>(facts.max_binding_bytes, limits.maxStorageBufferRange);
    take<uint64_t>(facts.max_allocation_bytes, p.maintenance3.maxMemoryAllocationSize);
    if (p.maintenance4.maxBufferSize != 0) {
        facts.max_allocation_bytes =
            std::min<uint64_t>(facts.max_allocation_bytes, p.maintenance4.maxBufferSize);
    }
    if (std::has_single_bit(limits.minStorageBufferOffsetAlignment)) {
        facts.offset_alignment = std::max<uint64_t>(4, limits.minStorageBufferOffsetAlignment);
    }
}

void set_subgroup(const Properties& p, DeviceFacts& facts) {
    constexpr VkSubgroupFeatureFlags needed = VK_SUBGROUP_FEATURE_BASIC_BIT | VK_SUBGROUP_FEATURE_SHUFFLE_BIT;
    const uint32_t size = p.subgroup.subgroupSize;
    const bool sane = std::has_single_bit(size) && size <= 128;  // a size of 0 exists in the wild
    facts.subgroup = sane && (p.subgroup.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT) &&
                     (p.subgroup.supportedOperations & needed) == needed;
    facts.subgroup_size = facts.subgroup ? size : 0;
    const auto& control = p.size_control;
    facts.subgroup_size_control =
        facts.subgroup_size_control && facts.subgroup &&
        (control.requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT) &&
        std::has_single_bit(control.minSubgroupSize) && std::has_single_bit(control.maxSubgroupSize) &&
        control.minSubgroupSize <= control.maxSubgroupSize && control.maxComputeWorkgroupSubgroups != 0;
    if (!facts.subgroup_size_control) return;
    facts.subgroup_size_min = control.minSubgroupSize;
    facts.subgroup_size_max = std::min(control.maxSubgroupSize, 128u);
    facts.max_subgroups = control.maxComputeWorkgroupSubgroups;
}

// The largest of the shapes that cut halves of 32 elements into whole steps.
void set_matrix_shape(const InstanceFunctions& fn, VkPhysicalDevice device, const Offer& offer,
                      DeviceFacts& facts) {
    constexpr int f16 = 0, f32 = 1, subgroup_scope = 3;
    const auto usual = [](uint32_t side) { return side == 8 || side == 16 || side == 32; };
    const auto size = [](const std::array<uint32_t, 3>& shape) { return shape[0] * shape[1] * shape[2]; };
    for (const VkCooperativeMatrixPropertiesKHR& p : cooperative_matrices(fn, device, offer)) {
        const bool fits = p.AType == f16 && p.BType == f16 && p.CType == f32 && p.ResultType == f32 &&
                          !p.saturatingAccumulation && p.scope == subgroup_scope && usual(p.MSize) &&
                          usual(p.NSize) && (p.KSize == 8 || p.KSize == 16);
        const std::array shape{p.MSize, p.NSize, p.KSize};
        if (fits && size(shape) > size(facts.matrix_shape)) facts.matrix_shape = shape;
    }
    facts.cooperative_matrix = facts.cooperative_matrix && facts.matrix_shape[0] != 0;
}

void set_memory(const InstanceFunctions& fn, VkPhysicalDevice device, DeviceFacts& facts) {
    VkPhysicalDeviceMemoryProperties memory;
    fn.vkGetPhysicalDeviceMemoryProperties(device, &memory);
    for (uint32_t i = 0; i < memory.memoryHeapCount; ++i) {
        if (memory.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT)
            facts.memory_bytes += memory.memoryHeaps[i].size;
    }
    // A card's memory is written across a bus, in a virtual machine perhaps uncached: staged until measured.
    const bool near = facts.type == DeviceType::integrated || facts.type == DeviceType::software;
    facts.mapped = near && can_map_device_memory(memory);
}

std::vector<VkQueueFamilyProperties> families_of(const InstanceFunctions& fn, VkPhysicalDevice device) {
    uint32_t count = 0;
    fn.vkGetPhysicalDeviceQueueFamilyProperties(device, &count, nullptr);
    std::vector<VkQueueFamilyProperties> families(count);
    fn.vkGetPhysicalDeviceQueueFamilyProperties(device, &count, families.data());
    families.resize(count);
    return families;
}

}  // namespace

std::optional<uint32_t> compute_family(const InstanceFunctions& fn, VkPhysicalDevice device) {
    const auto families = families_of(fn, device);
    std::optional<uint32_t> found;
    for (uint32_t i = 0; i < families.size(); ++i) {
        if (families[i].queueCount == 0 || !(families[i].queueFlags & VK_QUEUE_COMPUTE_BIT)) continue;
        if (!(families[i].queueFlags & VK_QUEUE_GRAPHICS_BIT)) return i;
        if (!found) found = i;
    }
    return found;
}

uint32_t timestamp_bits(const InstanceFunctions& fn, VkPhysicalDevice device, uint32_t family) {
    return families_of(fn, device).at(family).timestampValidBits;
}

namespace {

DeviceFacts facts_of(const InstanceFunctions& fn, VkPhysicalDevice device, uint32_t family,
                     const Offer& offer) {
    Properties p;
    query_properties(fn, device, offer, p);
    DeviceFacts facts;
    set_identity(p, facts);
    set_memory(fn, device, facts);
    set_limits(p, facts);
    query_features(fn, device, offer, facts);
    set_subgroup(p, facts);
    set_matrix_shape(fn, device, offer, facts);
    facts.round_to_even = facts.float_controls && p.float_controls.shaderRoundingModeRTEFloat32;
    facts.keep_signed_zero = facts.float_controls && p.float_controls.shaderSignedZeroInfNanPreserveFloat32;
    facts.fast_signed_dot = p.integer_dot.integerDotProduct4x8BitPackedSignedAccelerated;
    facts.fast_mixed_dot = p.integer_dot.integerDotProduct4x8BitPackedMixedSignednessAccelerated;
    facts.timestamps = timestamp_bits(fn, device, family) != 0 && p.limits().timestampPeriod > 0;
    facts.timestamp_period_ns = facts.timestamps ? p.limits().timestampPeriod : 0;
    facts.slow_sampling = facts.type == DeviceType::software;
    facts.narrow = facts.type == DeviceType::software || facts.vendor_id == vendor::arm;
    facts.tuning = facts.type != DeviceType::software && facts.timestamps;
    apply_quirks(facts);
    return facts;
}

}  // namespace

std::optional<DeviceFacts> query_facts(const InstanceFunctions& fn, VkPhysicalDevice device,
                                       uint32_t most_version) {
    const auto family = compute_family(fn, device);
    if (!family) {
        VkPhysicalDeviceProperties base;
        fn.vkGetPhysicalDeviceProperties(device, &base);
        log(LogLevel::info, concat(base.deviceName, ": left out, it has no compute queue"));
        return std::nullopt;
    }
    // Drops what hangs on a fact that a quirk has taken away.
    return masked(facts_of(fn, device, *family, offer_of(fn, device, most_version)), "");
}

DeviceFacts query_facts(const InstanceFunctions& fn, const ForeignDevice& foreign) {
    const auto families = families_of(fn, foreign.physical);
    if (foreign.family >= families.size() || !(families[foreign.family].queueFlags & VK_QUEUE_COMPUTE_BIT)) {
        throw Error(Code::unsupported,
                    concat("queue family ", foreign.family,
                           " of the given device does not compute: give a queue of another"));
    }
    const Offer offer = offer_of(fn, foreign.physical, foreign.api_version);
    DeviceFacts facts = facts_of(fn, foreign.physical, foreign.family, offer);
    keep_enabled(offer, foreign.extensions, foreign.features, facts);
    return masked(std::move(facts), "");
}

}  // namespace rwkvk::vk
