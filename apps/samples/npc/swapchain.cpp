#include "swapchain.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include <algorithm>

namespace rwkvk::npc {

using desktop::vk;

// glfwCreateWindowSurface is declared only where GLFW sees Vulkan's header first, as it does here.
Swapchain::Swapchain(const desktop::GpuDevice& device, GLFWwindow* window) : device_(device) {
    vk(glfwCreateWindowSurface(device.instance, window, nullptr, &surface_), "glfwCreateWindowSurface");
    choose_format();
    choose_mode();
    make_pass();
}

Swapchain::~Swapchain() {
    drop_images();
    vkDestroySwapchainKHR(device_.device, swapchain_, nullptr);
    vkDestroyRenderPass(device_.device, pass_, nullptr);
    vkDestroySurfaceKHR(device_.instance, surface_, nullptr);
}

void Swapchain::choose_format() {
    uint32_t count = 0;
    vkGetPhysicalDeviceSurfaceFormatsKHR(device_.physical, surface_, &count, nullptr);
    std::vector<VkSurfaceFormatKHR> formats(count);
    vkGetPhysicalDeviceSurfaceFormatsKHR(device_.physical, surface_, &count, formats.data());
    if (formats.empty()) throw std::runtime_error("the window: its surface has no format");
    format_ = formats.front();
    for (const VkSurfaceFormatKHR& format : formats) {  // colours are those of sRGB already
        if (format.format == VK_FORMAT_B8G8R8A8_UNORM || format.format == VK_FORMAT_R8G8B8A8_UNORM) {
            format_ = format;
            return;
        }
    }
}

/// One that does not wait for the screen: the program paces its frames itself.
void Swapchain::choose_mode() {
    uint32_t count = 0;
    vkGetPhysicalDeviceSurfacePresentModesKHR(device_.physical, surface_, &count, nullptr);
    std::vector<VkPresentModeKHR> modes(count);
    vkGetPhysicalDeviceSurfacePresentModesKHR(device_.physical, surface_, &count, modes.data());
    for (const VkPresentModeKHR mode : {VK_PRESENT_MODE_MAILBOX_KHR, VK_PRESENT_MODE_IMMEDIATE_KHR}) {
        if (std::find(modes.begin(), modes.end(), mode) == modes.end()) continue;
        mode_ = mode;
        return;
    }
}

void Swapchain::make_pass() {
    VkAttachmentDescription color{};
    color.format = format_.format;
    color.samples = VK_SAMPLE_COUNT_1_BIT;
    color.loadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE;  // the backdrop covers all
    color.storeOp = VK_ATTACHMENT_STORE_OP_STORE;
    color.stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE;
    color.stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE;
    color.finalLayout = VK_IMAGE_LAYOUT_PRESENT_SRC_KHR;
    const VkAttachmentReference reference{0, VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL};
    VkSubpassDescription subpass{};
    subpass.pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS;
    subpass.colorAttachmentCount = 1;
    subpass.pColorAttachments = &reference;
    // The image changes its layout only once it was acquired, for which that stage waits.
    VkSubpassDependency dependency{};
    dependency.srcSubpass = VK_SUBPASS_EXTERNAL;
    dependency.srcStageMask = dependency.dstStageMask = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT;
    dependency.dstAccessMask = VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT;
    VkRenderPassCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO;
    info.attachmentCount = info.subpassCount = info.dependencyCount = 1;
    info.pAttachments = &color;
    info.pSubpasses = &subpass;
    info.pDependencies = &dependency;
    vk(vkCreateRenderPass(device_.device, &info, nullptr, &pass_), "vkCreateRenderPass");
}

bool Swapchain::fit(int width, int height) {
    if (width <= 0 || height <= 0) return false;
    const VkExtent2D wanted{static_cast<uint32_t>(width), static_cast<uint32_t>(height)};
    if (outdated_ || wanted.width != extent_.width || wanted.height != extent_.height) make(width, height);
    return !outdated_;
}

void Swapchain::make(int width, int height) {
    {
        const auto lock = device_.hold_queue();
        vkQueueWaitIdle(device_.queue);
    }
    drop_images();
    VkSurfaceCapabilitiesKHR can;
    vk(vkGetPhysicalDeviceSurfaceCapabilitiesKHR(device_.physical, surface_, &can),
       "vkGetPhysicalDeviceSurfaceCapabilitiesKHR");
    extent_ = {
        std::clamp(static_cast<uint32_t>(width), can.minImageExtent.width, can.maxImageExtent.width),
        std::clamp(static_cast<uint32_t>(height), can.minImageExtent.height, can.maxImageExtent.height)};
    VkSwapchainCreateInfoKHR info{};
    info.sType = VK_STRUCTURE_TYPE_SWAPCHAIN_CREATE_INFO_KHR;
    info.surface = surface_;
    info.minImageCount = can.minImageCount + 1;
    if (can.maxImageCount > 0) info.minImageCount = std::min(info.minImageCount, can.maxImageCount);
    info.imageFormat = format_.format;
    info.imageColorSpace = format_.colorSpace;
    info.imageExtent = extent_;
    info.imageArrayLayers = 1;
    info.imageUsage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
    info.preTransform = can.currentTransform;
    info.compositeAlpha = VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR;
    info.presentMode = mode_;
    info.clipped = VK_TRUE;
    info.oldSwapchain = swapchain_;
    VkSwapchainKHR made = VK_NULL_HANDLE;
    vk(vkCreateSwapchainKHR(device_.device, &info, nullptr, &made), "vkCreateSwapchainKHR");
    vkDestroySwapchainKHR(device_.device, swapchain_, nullptr);
    swapchain_ = made;
    uint32_t count = 0;
    vkGetSwapchainImagesKHR(device_.device, swapchain_, &count, nullptr);
    std::vector<VkImage> images(count);
    vkGetSwapchainImagesKHR(device_.device, swapchain_, &count, images.data());
    for (const VkImage image : images) images_.push_back(make_image(image));
    outdated_ = false;
}

Swapchain::Image Swapchain::make_image(VkImage image) const {
    const VkDevice device = device_.device;
    Image made;
    VkImageViewCreateInfo view{};
    view.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO;
    view.image = image;
    view.viewType = VK_IMAGE_VIEW_TYPE_2D;
    view.format = format_.format;
    view.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
    vk(vkCreateImageView(device, &view, nullptr, &made.view), "vkCreateImageView");
    VkFramebufferCreateInfo framebuffer{};
    framebuffer.sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO;
    framebuffer.renderPass = pass_;
    framebuffer.attachmentCount = 1;
    framebuffer.pAttachments = &made.view;
    framebuffer.width = extent_.width;
    framebuffer.height = extent_.height;
    framebuffer.layers = 1;
    vk(vkCreateFramebuffer(device, &framebuffer, nullptr, &made.framebuffer), "vkCreateFramebuffer");
    VkSemaphoreCreateInfo semaphore{};
    semaphore.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO;
    vk(vkCreateSemaphore(device, &semaphore, nullptr, &made.drawn), "vkCreateSemaphore");
    return made;
}

void Swapchain::drop_images() {
    const VkDevice device = device_.device;
    for (const Image& image : images_) {
        vkDestroySemaphore(device, image.drawn, nullptr);
        vkDestroyFramebuffer(device, image.framebuffer, nullptr);
        vkDestroyImageView(device, image.view, nullptr);
    }
    images_.clear();
}

bool Swapchain::acquire(VkSemaphore acquired, Target& target) {
    const VkResult result =
        vkAcquireNextImageKHR(device_.device, swapchain_, UINT64_MAX, acquired, VK_NULL_HANDLE, &current_);
    outdated_ = result == VK_ERROR_OUT_OF_DATE_KHR || result == VK_SUBOPTIMAL_KHR;
    if (result == VK_ERROR_OUT_OF_DATE_KHR) return false;
    if (result != VK_SUBOPTIMAL_KHR) vk(result, "vkAcquireNextImageKHR");
    target = {images_[current_].framebuffer, images_[current_].drawn};
    return true;
}

void Swapchain::present() {
    VkPresentInfoKHR info{};
    info.sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR;
    info.waitSemaphoreCount = 1;
    info.pWaitSemaphores = &images_[current_].drawn;
    info.swapchainCount = 1;
    info.pSwapchains = &swapchain_;
    info.pImageIndices = &current_;
    VkResult result;
    {
        const auto lock = device_.hold_queue();
        result = vkQueuePresentKHR(device_.queue, &info);
    }
    if (result == VK_ERROR_OUT_OF_DATE_KHR || result == VK_SUBOPTIMAL_KHR) {
        outdated_ = true;
    } else {
        vk(result, "vkQueuePresentKHR");
    }
}

}  // namespace rwkvk::npc
