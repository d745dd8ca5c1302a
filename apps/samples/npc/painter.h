#pragma once
// Draws a frame: the backdrop, then shapes and letters. Dear ImGui makes triangles of them, the desktop's
// renderer draws those.

#include <font_atlas.h>
#include <picture.h>
#include <renderer.h>

#include "backdrop.h"
#include "swapchain.h"

namespace rwkvk::npc {

class Painter {
  public:
    Painter(const desktop::GpuDevice& device, GLFWwindow* window);
    ~Painter();
    Painter(const Painter&) = delete;
    Painter& operator=(const Painter&) = delete;

    /// A frame of the window's size, to be drawn to; NULL while the window has none.
    ImDrawList* begin();
    /// Submits it and shows it, once the frame before is drawn.
    void show();
    /// Until the device has drawn what was submitted, so that nothing else is in its queue.
    void wait() const;

  private:
    void make_commands();
    void record(VkFramebuffer framebuffer, const desktop::Picture& picture);
    void submit(VkSemaphore drawn);

    struct Context {  // of Dear ImGui
        Context();
        ~Context();
        std::unique_ptr<ImFontAtlas> atlas = std::make_unique<ImFontAtlas>();
    };

    const desktop::GpuDevice& device_;
    GLFWwindow* window_;
    Context context_;
    Swapchain swapchain_;
    Backdrop backdrop_;
    desktop::Renderer renderer_;
    // One frame at a time: at the beginning of the next the device is long done with it.
    VkCommandPool pool_ = VK_NULL_HANDLE;
    VkCommandBuffer commands_ = VK_NULL_HANDLE;
    VkSemaphore acquired_ = VK_NULL_HANDLE;
    VkFence done_ = VK_NULL_HANDLE;
};

}  // namespace rwkvk::npc
