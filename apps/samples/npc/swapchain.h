#pragma once
// The images that a window shows, each with what it takes to draw to it.

#include <gpu_device.h>

#include <vector>

struct GLFWwindow;

namespace rwkvk::npc {

class Swapchain {
  public:
    Swapchain(const desktop::GpuDevice& device, GLFWwindow* window);
    ~Swapchain();
    Swapchain(const Swapchain&) = delete;
    Swapchain& operator=(const Swapchain&) = delete;

    VkRenderPass pass() const { return pass_; }
    VkExtent2D extent() const { return extent_; }
    /// New images, where the window has changed; false while it has no area.
    bool fit(int width, int height);

    struct Target {
        VkFramebuffer framebuffer;
        VkSemaphore drawn;  // to be signalled
    };
    /// False: nothing can be drawn until fit() has been called again.
    bool acquire(VkSemaphore acquired, Target& target);
    /// After drawing was submitted.
    void present();

  private:
    struct Image {
        VkImageView view = VK_NULL_HANDLE;
        VkFramebuffer framebuffer = VK_NULL_HANDLE;
        VkSemaphore drawn = VK_NULL_HANDLE;
    };
    void choose_format();
    void choose_mode();
    void make_pass();
    void make(int width, int height);
    Image make_image(VkImage image) const;
    void drop_images();

    const desktop::GpuDevice& device_;
    VkSurfaceKHR surface_ = VK_NULL_HANDLE;
    VkSurfaceFormatKHR format_{};
    VkPresentModeKHR mode_ = VK_PRESENT_MODE_FIFO_KHR;
    VkRenderPass pass_ = VK_NULL_HANDLE;
    VkSwapchainKHR swapchain_ = VK_NULL_HANDLE;
    VkExtent2D extent_{};
    std::vector<Image> images_;
    uint32_t current_ = 0;
    bool outdated_ = true;
};

}  // namespace rwkvk::npc
