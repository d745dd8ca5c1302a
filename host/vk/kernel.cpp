#include "host/vk/kernel.h"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "host/error.h"
#include "host/vk/device.h"

namespace rwkvk::vk {
namespace {

std::vector<uint32_t> adapted(std::span<const uint32_t> spirv, const Reflection& module,
                              const DeviceFacts& facts) {
    std::vector<uint32_t> words(spirv.begin(), spirv.end());
    if (module.keeps_signed_zero && !facts.keep_signed_zero) words = without_signed_zero_mode(words);
    if (facts.round_to_even) words = with_round_to_even(words);
    return words;
}

// Lives while the pipeline is made and no longer.
struct ShaderModule {
    Device& device;
    VkShaderModule handle = VK_NULL_HANDLE;

    ShaderModule(Device& owner, const std::vector<uint32_t>& words) : device(owner) {
        VkShaderModuleCreateInfo info{};
        info.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
        info.codeSize = words.size() * sizeof(uint32_t);
        info.pCode = words.data();
        check(device.fn().vkCreateShaderModule(device.handle(), &info, device.allocator(), &handle),
              "creating a shader module");
    }
    ~ShaderModule() { device.fn().vkDestroyShaderModule(device.handle(), handle, device.allocator()); }
    ShaderModule(const ShaderModule&) = delete;
    ShaderModule& operator=(const ShaderModule&) = delete;
};

std::string listed(const std::vector<uint32_t>& numbers) {
    std::string result;
    for (const uint32_t number : numbers) result += concat(result.empty() ? "" : ", ", number);
    return result.empty() ? "none" : result;
}

void check_constants(const std::string& name, const Reflection& module,
                     std::span<const SpecConstant> constants) {
    const std::vector<uint32_t>& ids = module.specialisation_ids;
    for (const SpecConstant& constant : constants) {
        if (std::binary_search(ids.begin(), ids.end(), constant.id)) continue;
        throw Error(Code::bad_argument, concat("kernel '", name, "': specialisation constant ", constant.id,
                                             " is not in the module, which has: ", listed(ids)));
    }
}

std::array<uint32_t, 3> specialised_size(const Reflection& module, std::span<const SpecConstant> constants) {
    std::array<uint32_t, 3> size = module.local_size;
    for (size_t i = 0; i < 3; ++i) {
        for (const SpecConstant& constant : constants) {
            if (module.local_size_ids[i] == int64_t{constant.id}) size[i] = constant.value;
        }
    }
    return size;
}

struct Limit {
    const char* what;
    uint64_t needed, available;
};

void check_limits(const std::string& name, const DeviceFacts& facts, const Reflection& module,
                  const std::array<uint32_t, 3>& size) {
    const uint64_t invocations = uint64_t{size[0]} * size[1] * size[2];
    if (invocations == 0)
        throw Error(Code::bad_argument, concat("kernel '", name, "': its workgroup size is 0"));
    const Limit limits[] = {
        {"storage buffers", module.bindings.size(), facts.max_storage_buffers},
        {"bytes of push constants", module.push_bytes, facts.push_bytes},
        {"invocations along x", size[0], facts.max_group_size[0]},
        {"invocations along y", size[1], facts.max_group_size[1]},
        {"invocations along z", size[2], facts.max_group_size[2]},
        {"invocations per workgroup", invocations, facts.max_invocations},
    };
    for (const Limit& limit : limits) {
        if (limit.needed <= limit.available) continue;
        throw Error(Code::unsupported,
                    concat("kernel '", name, "': needs ", limit.needed, " ", limit.what, ", ", facts.name,
                         " allows ", limit.available, "; choose a smaller variant"));
    }
}

void check_subgroup(const std::string& name, const DeviceFacts& facts, uint32_t wanted,
                    const std::array<uint32_t, 3>& size) {
    const bool offered =
        std::has_single_bit(wanted) && wanted >= facts.subgroup_size_min && wanted <= facts.subgroup_size_max;
    if (!offered) {
        throw Error(Code::unsupported, concat("kernel '", name, "': needs subgroups of ", wanted, ", ",
                                            facts.name, " offers ", facts.subgroup_size_min, " to ",
                                            facts.subgroup_size_max, "; choose another variant"));
    }
    const uint64_t subgroups = (uint64_t{size[0]} * size[1] * size[2] + wanted - 1) / wanted;
    if (subgroups > facts.max_subgroups) {
        throw Error(Code::unsupported,
                    concat("kernel '", name, "': needs ", subgroups, " subgroups per workgroup, ", facts.name,
                         " allows ", facts.max_subgroups, "; choose a smaller variant"));
    }
}

}  // namespace

Kernel::Kernel(Device& device, std::string name, std::span<const uint32_t> spirv,
               std::span<const SpecConstant> constants, const Options& options)
    : device_(device), name_(std::move(name)), reflection_(reflect(spirv)) {
    const DeviceFacts& facts = device_.facts();
    check_constants(name_, reflection_, constants);
    local_size_ = specialised_size(reflection_, constants);
    check_limits(name_, facts, reflection_, local_size_);
    if (options.subgroup_size != 0 && facts.subgroup_size_control) {
        check_subgroup(name_, facts, options.subgroup_size, local_size_);
    }
    statistics_kept_ = options.statistics && facts.statistics;
    try {
        create_layout();
        create_pipeline(adapted(spirv, reflection_, facts), constants, options);
    } catch (...) {
        release();
        throw;
    }
}

Kernel::~Kernel() { release(); }

void Kernel::release() {
    const DeviceFunctions& fn = device_.fn();
    fn.vkDestroyPipeline(device_.handle(), pipeline_, device_.allocator());
    fn.vkDestroyPipelineLayout(device_.handle(), layout_, device_.allocator());
    fn.vkDestroyDescriptorSetLayout(device_.handle(), set_layout_, device_.allocator());
}

void Kernel::create_layout() {
    std::vector<VkDescriptorSetLayoutBinding> bindings;
    for (const Reflection::Binding& binding : reflection_.bindings) {
        bindings.push_back(
            {binding.binding, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, VK_SHADER_STAGE_COMPUTE_BIT, nullptr});
    }
    VkDescriptorSetLayoutCreateInfo set_info{};
    set_info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO;
    set_info.bindingCount = static_cast<uint32_t>(bindings.size());
    set_info.pBindings = bindings.data();
    const DeviceFunctions& fn = device_.fn();
    check(fn.vkCreateDescriptorSetLayout(device_.handle(), &set_info, device_.allocator(), &set_layout_),
          "creating a descriptor set layout");
    const VkPushConstantRange push{VK_SHADER_STAGE_COMPUTE_BIT, 0, reflection_.push_bytes};
    VkPipelineLayoutCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
    info.setLayoutCount = 1;
    info.pSetLayouts = &set_layout_;
    info.pushConstantRangeCount = reflection_.push_bytes ? 1 : 0;
    info.pPushConstantRanges = &push;
    check(fn.vkCreatePipelineLayout(device_.handle(), &info, device_.allocator(), &layout_),
          "creating a pipeline layout");
}

void Kernel::create_pipeline(const std::vector<uint32_t>& words, std::span<const SpecConstant> constants,
                             const Options& options) {
    const ShaderModule module(device_, words);
    std::vector<VkSpecializationMapEntry> entries;
    for (size_t i = 0; i < constants.size(); ++i) {
        entries.push_back({constants[i].id,
                           static_cast<uint32_t>(i * sizeof(SpecConstant) + offsetof(SpecConstant, value)),
                           sizeof(uint32_t)});
    }
    const VkSpecializationInfo specialisation{static_cast<uint32_t>(entries.size()), entries.data(),
                                              constants.size_bytes(), constants.data()};
    VkComputePipelineCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
    info.flags = statistics_kept_ ? VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR : 0;
    info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
    info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
    info.stage.module = module.handle;
    info.stage.pName = "main";
    info.stage.pSpecializationInfo = &specialisation;
    info.layout = layout_;
    VkPipelineShaderStageRequiredSubgroupSizeCreateInfo required{};
    required.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO;
    required.requiredSubgroupSize = options.subgroup_size;
    if (options.subgroup_size != 0 && device_.facts().subgroup_size_control) {
        info.stage.pNext = &required;
        // Shuffles between lanes that the driver left idle would be undefined; the flag wants whole subgroups
        // in x.
        if (local_size_[0] % options.subgroup_size == 0) {
            info.stage.flags = VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT;
        }
    }
    const VkResult result = device_.fn().vkCreateComputePipelines(device_.handle(), device_.pipeline_cache(),
                                                                  1, &info, device_.allocator(), &pipeline_);
    if (result < 0) fail(result, concat("compiling kernel '", name_, "' on ", device_.facts().name));
}

}  // namespace rwkvk::vk
