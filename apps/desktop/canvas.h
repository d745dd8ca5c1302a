#pragma once
// Shows what Dear ImGui draws in a window: swapchain, frames in flight, fonts.

#include "gpu_device.h"

struct GLFWwindow;

namespace rwkvk::desktop {

class Canvas {
  public:
    /// Dear ImGui has a context and fonts.
    explicit Canvas(GLFWwindow* window);
    ~Canvas();
    Canvas(const Canvas&) = delete;
    Canvas& operator=(const Canvas&) = delete;

    /// Before ImGui::NewFrame. False while the window has no area.
    bool begin();
    /// After ImGui::Render.
    void draw(const ImVec4& background);
    /// Takes the fonts of ImGui::GetIO() over; not between begin and draw.
    void upload_fonts();

  private:
    void make_pool();
    void make_swapchain();
    void start_backend();
    bool acquire();
    void record();
    void submit();
    void present();

    GLFWwindow* window_;
    GpuDevice gpu_;
    VkDescriptorPool pool_ = VK_NULL_HANDLE;
    VkPipelineCache pipelines_ = VK_NULL_HANDLE;
    ImGui_ImplVulkanH_Window target_;
    bool outdated_ = false;
};

}  // namespace rwkvk::desktop
