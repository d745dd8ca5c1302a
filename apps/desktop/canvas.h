#pragma once
// Shows pictures in a window: swapchain, frames in flight.

#include "picture.h"

struct GLFWwindow;

namespace rwkvk::desktop {

class Canvas {
  public:
    /// Dear ImGui has a context.
    explicit Canvas(GLFWwindow* window);
    ~Canvas();
    Canvas(const Canvas&) = delete;
    Canvas& operator=(const Canvas&) = delete;

    /// May wait for the screen. The picture has an area.
    void draw(Picture picture);
    const Renderer& renderer() const { return *renderer_; }

  private:
    void make_swapchain(int width, int height);
    bool acquire();
    void record(const Picture& picture);
    void submit();
    void present();

    GpuDevice gpu_;
    ImGui_ImplVulkanH_Window target_;
    std::unique_ptr<Renderer> renderer_;
    bool outdated_ = false;
};

}  // namespace rwkvk::desktop
