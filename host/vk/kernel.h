#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/vk/api.h"
#include "host/vk/spirv.h"

namespace rwkvk::vk {

class Device;

struct SpecConstant {
    uint32_t id;
    uint32_t value;
};

/// One number a driver tells about a compiled pipeline, such as registers or spills.
struct PipelineStatistic {
    std::string name;
    std::string value;
};

/// A compute pipeline made from reflected SPIR-V: descriptor layout, push range and local size follow from
/// the module. Round-to-nearest-even is declared where the device reports it, and the signed-zero mode is
/// removed where the device does not report that.
class Kernel {
  public:
    struct Options {
        uint32_t subgroup_size = 0;  // demanded where subgroup_size_control is there; 0: the driver's choice
        bool statistics = false;     // ask the driver to keep them
    };
    /// Errors: Code::unsupported when the driver refuses the pipeline; Code::out_of_memory. Thread-safe.
    Kernel(Device& device, std::string name, std::span<const uint32_t> spirv,
           std::span<const SpecConstant> constants, const Options& options);
    ~Kernel();
    Kernel(const Kernel&) = delete;
    Kernel& operator=(const Kernel&) = delete;

    const std::string& name() const { return name_; }
    const Reflection& reflection() const { return reflection_; }
    std::array<uint32_t, 3> local_size() const { return local_size_; }  // after specialisation
    VkPipeline pipeline() const { return pipeline_; }
    VkPipelineLayout layout() const { return layout_; }
    VkDescriptorSetLayout set_layout() const { return set_layout_; }
    /// Empty where the device offers none or Options::statistics was off.
    std::vector<PipelineStatistic> statistics() const;

  private:
    void create_layout();
    void create_pipeline(const std::vector<uint32_t>& words, std::span<const SpecConstant> constants,
                         const Options& options);
    void release();

    Device& device_;
    std::string name_;
    Reflection reflection_;
    std::array<uint32_t, 3> local_size_{1, 1, 1};
    bool statistics_kept_ = false;
    VkDescriptorSetLayout set_layout_ = VK_NULL_HANDLE;
    VkPipelineLayout layout_ = VK_NULL_HANDLE;
    VkPipeline pipeline_ = VK_NULL_HANDLE;
};

}  // namespace rwkvk::vk
