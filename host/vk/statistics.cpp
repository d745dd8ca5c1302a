// What a driver tells about a compiled pipeline.

#include "host/error.h"
#include "host/vk/device.h"
#include "host/vk/kernel.h"

namespace rwkvk::vk {
namespace {

std::string value_of(const VkPipelineExecutableStatisticKHR& statistic) {
    switch (statistic.format) {
        case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_BOOL32_KHR:
            return statistic.value.b32 ? "yes" : "no";
        case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_INT64_KHR:
            return concat(statistic.value.i64);
        case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_UINT64_KHR:
            return concat(statistic.value.u64);
        case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_FLOAT64_KHR:
            return concat(statistic.value.f64);
        default:
            return "?";
    }
}

std::vector<VkPipelineExecutablePropertiesKHR> executables_of(const Device& device, VkPipeline pipeline) {
    VkPipelineInfoKHR info{VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR, nullptr, pipeline};
    const auto call = device.fn().vkGetPipelineExecutablePropertiesKHR;
    uint32_t count = 0;
    check(call(device.handle(), &info, &count, nullptr), "counting pipeline executables");
    VkPipelineExecutablePropertiesKHR empty{};
    empty.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR;
    std::vector<VkPipelineExecutablePropertiesKHR> executables(count, empty);
    check(call(device.handle(), &info, &count, executables.data()), "listing pipeline executables");
    executables.resize(count);
    return executables;
}

std::vector<VkPipelineExecutableStatisticKHR> statistics_of(const Device& device, VkPipeline pipeline,
                                                            uint32_t index) {
    VkPipelineExecutableInfoKHR info{VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, nullptr, pipeline,
                                     index};
    const auto call = device.fn().vkGetPipelineExecutableStatisticsKHR;
    uint32_t count = 0;
    check(call(device.handle(), &info, &count, nullptr), "counting pipeline statistics");
    VkPipelineExecutableStatisticKHR empty{};
    empty.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR;
    std::vector<VkPipelineExecutableStatisticKHR> statistics(count, empty);
    check(call(device.handle(), &info, &count, statistics.data()), "listing pipeline statistics");
    statistics.resize(count);
    return statistics;
}

}  // namespace

std::vector<PipelineStatistic> Kernel::statistics() const {
    std::vector<PipelineStatistic> result;
    const DeviceFunctions& fn = device_.fn();
    if (!statistics_kept_ || !fn.vkGetPipelineExecutablePropertiesKHR ||
        !fn.vkGetPipelineExecutableStatisticsKHR) {
        return result;
    }
    const auto executables = executables_of(device_, pipeline_);
    for (uint32_t i = 0; i < executables.size(); ++i) {
        // Drivers that compile several widths of one shader name each.
        const std::string prefix = executables.size() > 1 ? concat(executables[i].name, ": ") : "";
        for (const auto& statistic : statistics_of(device_, pipeline_, i)) {
            result.push_back({prefix + statistic.name, value_of(statistic)});
        }
    }
    return result;
}

}  // namespace rwkvk::vk
