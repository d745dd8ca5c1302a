#pragma once
// What lies behind all figures: one triangle and its shader.

#include <gpu_device.h>

namespace rwkvk::npc {

class Backdrop {
  public:
    Backdrop(const desktop::GpuDevice& gpu, VkRenderPass pass);
    ~Backdrop();
    Backdrop(const Backdrop&) = delete;
    Backdrop& operator=(const Backdrop&) = delete;

    static constexpr float height = 720, horizon = 470;  // in units

    /// Within the render pass.
    void draw(VkCommandBuffer commands, VkExtent2D window) const;

  private:
    void make_pipeline(VkRenderPass pass);

    VkDevice device_;
    VkPipelineLayout layout_ = VK_NULL_HANDLE;
    VkPipeline pipeline_ = VK_NULL_HANDLE;
};

}  // namespace rwkvk::npc
