#pragma once
// Draws Dear ImGui's triangles. Its own backend can replace a font only together with every pipeline, at the
// cost of a pause; here the next font is made beside the one in use.

#include <memory>
#include <vector>

#include "font_image.h"
#include "gpu_memory.h"

namespace rwkvk::desktop {

/// A font on its way to the device, or there.
struct FontTexture {
    FontTexture(const GpuDevice& gpu, const FontImage& font);

    Image image;
    HostBuffer pixels;  // that the image is copied from
    VkDescriptorSet set = VK_NULL_HANDLE;
};

struct Picture;

class Renderer {
  public:
    Renderer(const GpuDevice& gpu, VkRenderPass pass, uint32_t frames);
    ~Renderer();
    Renderer(const Renderer&) = delete;
    Renderer& operator=(const Renderer&) = delete;

    /// The fonts of the frames from now on.
    void use(const FontImage& font);

    /// Before the render pass, and within it; `frame` is one that the device is done with.
    void prepare(VkCommandBuffer commands);
    void draw(VkCommandBuffer commands, uint32_t frame, const Picture& picture);

  private:
    struct Frame {
        std::unique_ptr<HostBuffer> vertices, indices;
    };
    struct Retired {
        std::unique_ptr<FontTexture> texture;
        uint32_t frames_left;
    };

    void make_layouts();
    void make_pipeline(VkRenderPass pass);
    void retire();
    void fill(Frame& frame, const Picture& picture) const;
    void set_up(VkCommandBuffer commands, const Frame& frame, const Picture& picture) const;

    const GpuDevice& gpu_;
    VkSampler sampler_ = VK_NULL_HANDLE;
    VkDescriptorSetLayout set_layout_ = VK_NULL_HANDLE;
    VkDescriptorPool pool_ = VK_NULL_HANDLE;
    VkPipelineLayout layout_ = VK_NULL_HANDLE;
    VkPipeline pipeline_ = VK_NULL_HANDLE;
    std::vector<Frame> frames_;
    std::unique_ptr<FontTexture> font_;
    bool copied_ = false;
    std::vector<Retired> retired_;
};

}  // namespace rwkvk::desktop
