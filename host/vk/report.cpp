#include "host/vk/report.h"

#include <span>

#include "host/error.h"
#include "host/vk/buffer.h"
#include "host/vk/features.h"
#include "host/vk/memory_types.h"

namespace rwkvk::vk {
namespace {

using Rows = std::vector<ReportedProperty>;

std::string json_of(VkBool32 value) { return value ? "true" : "false"; }

template <typename Structure>
void query(const InstanceFunctions& fn, VkPhysicalDevice device, Structure& structure, VkStructureType type) {
    structure.sType = type;
    VkPhysicalDeviceProperties2 head{};
    head.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
    head.pNext = &structure;
    fn.vkGetPhysicalDeviceProperties2(device, &head);
}

void report_float_controls(const InstanceFunctions& fn, VkPhysicalDevice device, Rows& rows) {
    VkPhysicalDeviceFloatControlsProperties p{};
    query(fn, device, p, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FLOAT_CONTROLS_PROPERTIES);
    const auto independence = [](VkShaderFloatControlsIndependence value) {
        constexpr const char* names[] = {"\"only float32\"", "\"every width\"", "\"none\""};
        return static_cast<size_t>(value) < std::size(names) ? names[value] : "\"unknown\"";
    };
    const std::pair<const char*, std::string> all[] = {
        {"denorm_behavior_independence", independence(p.denormBehaviorIndependence)},
        {"rounding_mode_independence", independence(p.roundingModeIndependence)},
        {"signed_zero_inf_nan_preserve_float16", json_of(p.shaderSignedZeroInfNanPreserveFloat16)},
        {"signed_zero_inf_nan_preserve_float32", json_of(p.shaderSignedZeroInfNanPreserveFloat32)},
        {"denorm_preserve_float16", json_of(p.shaderDenormPreserveFloat16)},
        {"denorm_preserve_float32", json_of(p.shaderDenormPreserveFloat32)},
        {"denorm_flush_to_zero_float16", json_of(p.shaderDenormFlushToZeroFloat16)},
        {"denorm_flush_to_zero_float32", json_of(p.shaderDenormFlushToZeroFloat32)},
        {"rounding_mode_rte_float16", json_of(p.shaderRoundingModeRTEFloat16)},
        {"rounding_mode_rte_float32", json_of(p.shaderRoundingModeRTEFloat32)},
        {"rounding_mode_rtz_float32", json_of(p.shaderRoundingModeRTZFloat32)}};
    for (const auto& [name, json] : all) rows.push_back({"float_controls", name, json});
}

void report_integer_dot(const InstanceFunctions& fn, VkPhysicalDevice device, Rows& rows) {
    VkPhysicalDeviceShaderIntegerDotProductProperties p{};
    query(fn, device, p, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_PROPERTIES);
    const std::pair<const char*, VkBool32> accelerated[] = {
        {"packed_4x8_unsigned", p.integerDotProduct4x8BitPackedUnsignedAccelerated},
        {"packed_4x8_signed", p.integerDotProduct4x8BitPackedSignedAccelerated},
        {"packed_4x8_mixed", p.integerDotProduct4x8BitPackedMixedSignednessAccelerated},
        {"vector_8_signed", p.integerDotProduct8BitSignedAccelerated},
        {"vector_16_signed", p.integerDotProduct16BitSignedAccelerated},
        {"accumulating_packed_4x8_signed",
         p.integerDotProductAccumulatingSaturating4x8BitPackedSignedAccelerated}};
    for (const auto& [name, value] : accelerated) rows.push_back({"integer_dot", name, json_of(value)});
}

std::string component_name(int component) {
    constexpr const char* names[] = {"f16", "f32", "f64", "s8",  "s16", "s32",
                                     "s64", "u8",  "u16", "u32", "u64"};
    return component >= 0 && static_cast<size_t>(component) < std::size(names) ? names[component]
                                                                               : concat("type ", component);
}

std::string shape_text(const VkCooperativeMatrixPropertiesKHR& p) {
    constexpr int subgroup_scope = 3;
    return concat(p.MSize, 'x', p.NSize, 'x', p.KSize, ' ', component_name(p.AType), '*',
                  component_name(p.BType), '+', component_name(p.CType), " to ", component_name(p.ResultType),
                  p.saturatingAccumulation ? " saturating" : "",
                  static_cast<int>(p.scope) == subgroup_scope ? "" : concat(" scope ", p.scope));
}

void report_cooperative_matrix(std::span<const VkCooperativeMatrixPropertiesKHR> shapes, Rows& rows) {
    std::string json;
    for (const VkCooperativeMatrixPropertiesKHR& shape : shapes)
        json += concat(json.empty() ? "" : ", ", '"', shape_text(shape), '"');
    rows.push_back({"cooperative_matrix", "shapes", concat('[', json, ']')});
}

}  // namespace

Rows report_properties(const Instance& instance, const Instance::Candidate& candidate) {
    const InstanceFunctions& fn = instance.fn();
    const Offer offer = offer_of(fn, candidate.handle);
    Rows rows;
    if (offer.has(VK_API_VERSION_1_2, "VK_KHR_shader_float_controls"))
        report_float_controls(fn, candidate.handle, rows);
    if (offer.has(VK_API_VERSION_1_3, "VK_KHR_shader_integer_dot_product"))
        report_integer_dot(fn, candidate.handle, rows);
    if (offer.has("VK_KHR_cooperative_matrix"))
        report_cooperative_matrix(cooperative_matrices(fn, candidate.handle, offer), rows);
    return rows;
}

Rows report_memory(const Device& device) {
    Rows rows;
    for (const auto& [intent, name] : memory_intents) {
        const auto type = device.memory_type(intent);
        if (!type) continue;
        const auto& [flags, heap] = device.memory().memoryTypes[*type];
        rows.push_back({"memory", name,
                        concat("{\"type\": ", *type, ", \"heap\": ", heap, ", \"heap_bytes\": ",
                               device.memory().memoryHeaps[heap].size, ", \"property_bits\": ", flags,
                               ", \"device_local\": ", json_of(flags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT),
                               ", \"host_visible\": ", json_of(host_reaches(flags)), ", \"host_cached\": ",
                               json_of(flags & VK_MEMORY_PROPERTY_HOST_CACHED_BIT), '}')});
    }
    return rows;
}

}  // namespace rwkvk::vk
