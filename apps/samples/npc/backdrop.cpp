#include "backdrop.h"

#include "backdrop_frag.h"
#include "backdrop_vert.h"

namespace rwkvk::npc {
namespace {

using desktop::vk;

class Stage {
  public:
    template <size_t N>
    Stage(VkDevice device, VkShaderStageFlagBits stage, const uint32_t (&code)[N]) : device_(device) {
        VkShaderModuleCreateInfo module{};
        module.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
        module.codeSize = sizeof code;
        module.pCode = code;
        info.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
        info.stage = stage;
        info.pName = "main";
        vk(vkCreateShaderModule(device, &module, nullptr, &info.module), "vkCreateShaderModule");
    }
    ~Stage() { vkDestroyShaderModule(device_, info.module, nullptr); }
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    VkPipelineShaderStageCreateInfo info{};

  private:
    VkDevice device_;
};

}  // namespace

Backdrop::Backdrop(const desktop::GpuDevice& gpu, VkRenderPass pass) : device_(gpu.device) {
    const VkPushConstantRange constants{VK_SHADER_STAGE_FRAGMENT_BIT, 0, 3 * sizeof(float)};
    VkPipelineLayoutCreateInfo layout{};
    layout.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
    layout.pushConstantRangeCount = 1;
    layout.pPushConstantRanges = &constants;
    vk(vkCreatePipelineLayout(device_, &layout, nullptr, &layout_), "vkCreatePipelineLayout");
    make_pipeline(pass);
}

Backdrop::~Backdrop() {
    vkDestroyPipeline(device_, pipeline_, nullptr);
    vkDestroyPipelineLayout(device_, layout_, nullptr);
}

void Backdrop::make_pipeline(VkRenderPass pass) {
    const Stage vertex(device_, VK_SHADER_STAGE_VERTEX_BIT, backdrop_vert);
    const Stage fragment(device_, VK_SHADER_STAGE_FRAGMENT_BIT, backdrop_frag);
    const VkPipelineShaderStageCreateInfo stages[] = {vertex.info, fragment.info};
    VkPipelineVertexInputStateCreateInfo vertices{};
    vertices.sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO;
    VkPipelineInputAssemblyStateCreateInfo assembly{};
    assembly.sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO;
    assembly.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST;
    VkPipelineViewportStateCreateInfo viewport{};
    viewport.sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO;
    viewport.viewportCount = viewport.scissorCount = 1;
    VkPipelineRasterizationStateCreateInfo raster{};
    raster.sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO;
    raster.lineWidth = 1;
    VkPipelineMultisampleStateCreateInfo samples{};
    samples.sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO;
    samples.rasterizationSamples = VK_SAMPLE_COUNT_1_BIT;
    VkPipelineColorBlendAttachmentState opaque{};
    opaque.colorWriteMask = VK_COLOR_COMPONENT_R_BIT | VK_COLOR_COMPONENT_G_BIT | VK_COLOR_COMPONENT_B_BIT |
                            VK_COLOR_COMPONENT_A_BIT;
    VkPipelineColorBlendStateCreateInfo blends{};
    blends.sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO;
    blends.attachmentCount = 1;
    blends.pAttachments = &opaque;
    const VkDynamicState changing[] = {VK_DYNAMIC_STATE_VIEWPORT, VK_DYNAMIC_STATE_SCISSOR};
    VkPipelineDynamicStateCreateInfo dynamic{};
    dynamic.sType = VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO;
    dynamic.dynamicStateCount = 2;
    dynamic.pDynamicStates = changing;
    VkGraphicsPipelineCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO;
    info.stageCount = 2;
    info.pStages = stages;
    info.pVertexInputState = &vertices;
    info.pInputAssemblyState = &assembly;
    info.pViewportState = &viewport;
    info.pRasterizationState = &raster;
    info.pMultisampleState = &samples;
    info.pColorBlendState = &blends;
    info.pDynamicState = &dynamic;
    info.layout = layout_;
    info.renderPass = pass;
    vk(vkCreateGraphicsPipelines(device_, VK_NULL_HANDLE, 1, &info, nullptr, &pipeline_),
       "vkCreateGraphicsPipelines");
}

void Backdrop::draw(VkCommandBuffer commands, VkExtent2D window) const {
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, pipeline_);
    const auto wide = static_cast<float>(window.width), high = static_cast<float>(window.height);
    const VkViewport viewport{0, 0, wide, high, 0, 1};
    vkCmdSetViewport(commands, 0, 1, &viewport);
    const VkRect2D scissor{{0, 0}, window};
    vkCmdSetScissor(commands, 0, 1, &scissor);
    const float unit = high / height, constants[] = {wide / unit, horizon, unit};
    vkCmdPushConstants(commands, layout_, VK_SHADER_STAGE_FRAGMENT_BIT, 0, sizeof constants, constants);
    vkCmdDraw(commands, 3, 1, 0, 0);
}

}  // namespace rwkvk::npc
