#pragma once
// Shows pictures in a window: swapchain, frames in flight.

#include "gpu_device.h"
#include "picture.h"
#include "renderer.h"

struct GLFWwindow;

namespace rwkvk::desktop {

class Canvas {
  public:
    /// On a device of its own. Sizes are those of the first picture.
    Canvas(GLFWwindow* window, const Runtime& runtime, int width, int height);
    ~Canvas();
    Canvas(const Canvas&) = delete;
    Canvas& operator=(const Canvas&) = delete;

    /// May wait for the screen. The picture has an area.
    void draw(const Picture& picture);
    bool shares_queue() const { return gpu_.queue == gpu_.model_queue; }
    const DrawingDevice& device() const { return device_.drawing; }

  private:
    void make_swapchain(int width, int height);
    bool acquire();
    void record(const Picture& picture);
    void submit();
    void present();

    OpenedDevice device_;
    const GpuDevice& gpu_;
    ImGui_ImplVulkanH_Window target_;
    std::unique_ptr<Renderer> renderer_;
    bool outdated_ = false;
};

}  // namespace rwkvk::desktop
