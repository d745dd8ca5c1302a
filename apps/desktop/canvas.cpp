#include "canvas.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

namespace rwkvk::desktop {
namespace {

constexpr uint32_t images = 3;

}  // namespace

Canvas::Canvas(GLFWwindow* window, const Runtime& runtime, int width, int height)
    : device_(open_gpu_device(runtime)), gpu_(*device_.gpu) {
    vk(glfwCreateWindowSurface(gpu_.instance, window, nullptr, &target_.Surface), "glfwCreateWindowSurface");
    make_swapchain(width, height);
    renderer_ = std::make_unique<Renderer>(gpu_, target_.RenderPass, target_.ImageCount);
}

Canvas::~Canvas() {
    const auto held = gpu_.hold_device();
    vkDeviceWaitIdle(gpu_.device);
    renderer_.reset();
    ImGui_ImplVulkanH_DestroyWindow(gpu_.instance, gpu_.device, &target_, nullptr);  // the surface too
}

void Canvas::make_swapchain(int width, int height) {
    // Colours are those of sRGB already.
    constexpr VkFormat formats[] = {VK_FORMAT_B8G8R8A8_UNORM, VK_FORMAT_R8G8B8A8_UNORM};
    target_.SurfaceFormat = ImGui_ImplVulkanH_SelectSurfaceFormat(gpu_.physical, target_.Surface, formats, 2,
                                                                  VK_COLOR_SPACE_SRGB_NONLINEAR_KHR);
    target_.PresentMode = VK_PRESENT_MODE_FIFO_KHR;
    const auto held = gpu_.hold_device();
    vk(vkDeviceWaitIdle(gpu_.device), "vkDeviceWaitIdle");  // so does the next, which tells nobody of a loss
    ImGui_ImplVulkanH_CreateOrResizeWindow(gpu_.instance, gpu_.physical, gpu_.device, &target_, gpu_.family,
                                           nullptr, width, height, images);
    target_.SemaphoreIndex = 0;
}

void Canvas::draw(const Picture& picture) {
    if (picture.fonts) renderer_->use(*picture.fonts);
    if (outdated_ || picture.width != target_.Width || picture.height != target_.Height) {
        make_swapchain(picture.width, picture.height);
        outdated_ = false;
    }
    target_.ClearValue.color = {{picture.background.x, picture.background.y, picture.background.z, 1}};
    if (!acquire()) return;
    record(picture);
    submit();
    present();
}

bool Canvas::acquire() {
    const VkSemaphore acquired = target_.FrameSemaphores[target_.SemaphoreIndex].ImageAcquiredSemaphore;
    const VkResult result = vkAcquireNextImageKHR(gpu_.device, target_.Swapchain, UINT64_MAX, acquired,
                                                  VK_NULL_HANDLE, &target_.FrameIndex);
    outdated_ = result == VK_ERROR_OUT_OF_DATE_KHR || result == VK_SUBOPTIMAL_KHR;
    if (result == VK_ERROR_OUT_OF_DATE_KHR) return false;
    if (result != VK_SUBOPTIMAL_KHR) vk(result, "vkAcquireNextImageKHR");
    return true;
}

void Canvas::record(const Picture& picture) {
    const ImGui_ImplVulkanH_Frame& frame = target_.Frames[target_.FrameIndex];
    vk(vkWaitForFences(gpu_.device, 1, &frame.Fence, VK_TRUE, UINT64_MAX), "vkWaitForFences");
    vk(vkResetFences(gpu_.device, 1, &frame.Fence), "vkResetFences");
    vk(vkResetCommandPool(gpu_.device, frame.CommandPool, 0), "vkResetCommandPool");
    VkCommandBufferBeginInfo begin{};
    begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    begin.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
    vk(vkBeginCommandBuffer(frame.CommandBuffer, &begin), "vkBeginCommandBuffer");
    renderer_->prepare(frame.CommandBuffer);
    VkRenderPassBeginInfo pass{};
    pass.sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO;
    pass.renderPass = target_.RenderPass;
    pass.framebuffer = frame.Framebuffer;
    pass.renderArea.extent = {static_cast<uint32_t>(target_.Width), static_cast<uint32_t>(target_.Height)};
    pass.clearValueCount = 1;
    pass.pClearValues = &target_.ClearValue;
    vkCmdBeginRenderPass(frame.CommandBuffer, &pass, VK_SUBPASS_CONTENTS_INLINE);
    renderer_->draw(frame.CommandBuffer, target_.FrameIndex, picture);
    vkCmdEndRenderPass(frame.CommandBuffer);
    vk(vkEndCommandBuffer(frame.CommandBuffer), "vkEndCommandBuffer");
}

void Canvas::submit() {
    const ImGui_ImplVulkanH_Frame& frame = target_.Frames[target_.FrameIndex];
    const ImGui_ImplVulkanH_FrameSemaphores& semaphores = target_.FrameSemaphores[target_.SemaphoreIndex];
    const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT;
    VkSubmitInfo info{};
    info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    info.waitSemaphoreCount = 1;
    info.pWaitSemaphores = &semaphores.ImageAcquiredSemaphore;
    info.pWaitDstStageMask = &stage;
    info.commandBufferCount = 1;
    info.pCommandBuffers = &frame.CommandBuffer;
    info.signalSemaphoreCount = 1;
    info.pSignalSemaphores = &semaphores.RenderCompleteSemaphore;
    const auto held = gpu_.hold_queue();
    vk(vkQueueSubmit(gpu_.queue, 1, &info, frame.Fence), "vkQueueSubmit");
}

void Canvas::present() {
    VkPresentInfoKHR info{};
    info.sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR;
    info.waitSemaphoreCount = 1;
    info.pWaitSemaphores = &target_.FrameSemaphores[target_.SemaphoreIndex].RenderCompleteSemaphore;
    info.swapchainCount = 1;
    info.pSwapchains = &target_.Swapchain;
    info.pImageIndices = &target_.FrameIndex;
    const VkResult result = [&] {
        const auto held = gpu_.hold_queue();
        return vkQueuePresentKHR(gpu_.queue, &info);
    }();
    target_.SemaphoreIndex = (target_.SemaphoreIndex + 1) % target_.ImageCount;
    if (result == VK_ERROR_OUT_OF_DATE_KHR || result == VK_SUBOPTIMAL_KHR) {
        outdated_ = true;
    } else {
        vk(result, "vkQueuePresentKHR");
    }
}

}  // namespace rwkvk::desktop
