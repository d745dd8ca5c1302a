#include "canvas.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace rwkvk::desktop {
namespace {

constexpr uint32_t images = 2;

/// Of the backend, which calls it below C frames that no exception may cross.
void check(VkResult result) {
    if (result >= 0) return;
    std::fprintf(stderr, "rwkvk-desktop: drawing failed with the Vulkan error %d\n", result);
    std::abort();
}

}  // namespace

Canvas::Canvas(GLFWwindow* window) : window_(window), gpu_(open_gpu_device()) {
    vk(glfwCreateWindowSurface(gpu_.instance, window_, nullptr, &target_.Surface), "glfwCreateWindowSurface");
    VkPipelineCacheCreateInfo cache{};
    cache.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO;
    vk(vkCreatePipelineCache(gpu_.device, &cache, nullptr, &pipelines_), "vkCreatePipelineCache");
    make_pool();
    make_swapchain();
    start_backend();
}

Canvas::~Canvas() {
    vkDeviceWaitIdle(gpu_.device);
    ImGui_ImplVulkan_Shutdown();
    ImGui_ImplVulkanH_DestroyWindow(gpu_.instance, gpu_.device, &target_, nullptr);  // the surface too
    vkDestroyDescriptorPool(gpu_.device, pool_, nullptr);
    vkDestroyPipelineCache(gpu_.device, pipelines_, nullptr);
    close_gpu_device(gpu_);
}

void Canvas::make_pool() {
    const VkDescriptorPoolSize size{VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, 1};
    VkDescriptorPoolCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
    info.flags = VK_DESCRIPTOR_POOL_CREATE_FREE_DESCRIPTOR_SET_BIT;
    info.maxSets = 1;
    info.poolSizeCount = 1;
    info.pPoolSizes = &size;
    vk(vkCreateDescriptorPool(gpu_.device, &info, nullptr, &pool_), "vkCreateDescriptorPool");
}

void Canvas::make_swapchain() {
    // Colours are those of sRGB already.
    constexpr VkFormat formats[] = {VK_FORMAT_B8G8R8A8_UNORM, VK_FORMAT_R8G8B8A8_UNORM};
    target_.SurfaceFormat = ImGui_ImplVulkanH_SelectSurfaceFormat(gpu_.physical, target_.Surface, formats, 2,
                                                                  VK_COLOR_SPACE_SRGB_NONLINEAR_KHR);
    target_.PresentMode = VK_PRESENT_MODE_FIFO_KHR;
    int width = 0, height = 0;
    glfwGetFramebufferSize(window_, &width, &height);
    ImGui_ImplVulkanH_CreateOrResizeWindow(gpu_.instance, gpu_.physical, gpu_.device, &target_, gpu_.family,
                                           nullptr, width, height, images);
}

void Canvas::start_backend() {
    ImGui_ImplVulkan_InitInfo info{};
    info.Instance = gpu_.instance;
    info.PhysicalDevice = gpu_.physical;
    info.Device = gpu_.device;
    info.QueueFamily = gpu_.family;
    info.Queue = gpu_.queue;
    info.PipelineCache = pipelines_;
    info.DescriptorPool = pool_;
    info.MinImageCount = images;
    info.ImageCount = target_.ImageCount;
    info.MSAASamples = VK_SAMPLE_COUNT_1_BIT;
    info.CheckVkResultFn = check;
    ImGui_ImplVulkan_Init(&info, target_.RenderPass);

    // A frame's commands, which are not in use yet or any more.
    const ImGui_ImplVulkanH_Frame& frame = target_.Frames[0];
    vk(vkResetCommandPool(gpu_.device, frame.CommandPool, 0), "vkResetCommandPool");
    VkCommandBufferBeginInfo begin{};
    begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    begin.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
    vk(vkBeginCommandBuffer(frame.CommandBuffer, &begin), "vkBeginCommandBuffer");
    ImGui_ImplVulkan_CreateFontsTexture(frame.CommandBuffer);
    vk(vkEndCommandBuffer(frame.CommandBuffer), "vkEndCommandBuffer");
    VkSubmitInfo submit{};
    submit.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    submit.commandBufferCount = 1;
    submit.pCommandBuffers = &frame.CommandBuffer;
    vk(vkQueueSubmit(gpu_.queue, 1, &submit, VK_NULL_HANDLE), "vkQueueSubmit");
    vk(vkQueueWaitIdle(gpu_.queue), "vkQueueWaitIdle");
    ImGui_ImplVulkan_DestroyFontUploadObjects();
}

void Canvas::upload_fonts() {
    vk(vkDeviceWaitIdle(gpu_.device), "vkDeviceWaitIdle");
    // The backend can give a font up only together with everything else.
    ImGui_ImplVulkan_Shutdown();
    vk(vkResetDescriptorPool(gpu_.device, pool_, 0), "vkResetDescriptorPool");
    start_backend();
}

bool Canvas::begin() {
    int width = 0, height = 0;
    glfwGetFramebufferSize(window_, &width, &height);
    if (width <= 0 || height <= 0) return false;
    if (outdated_ || width != target_.Width || height != target_.Height) {
        make_swapchain();
        target_.FrameIndex = 0;
        outdated_ = false;
    }
    ImGui_ImplVulkan_NewFrame();
    return true;
}

void Canvas::draw(const ImVec4& background) {
    target_.ClearValue.color = {{background.x, background.y, background.z, 1}};
    if (!acquire()) return;
    record();
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

void Canvas::record() {
    const ImGui_ImplVulkanH_Frame& frame = target_.Frames[target_.FrameIndex];
    vk(vkWaitForFences(gpu_.device, 1, &frame.Fence, VK_TRUE, UINT64_MAX), "vkWaitForFences");
    vk(vkResetFences(gpu_.device, 1, &frame.Fence), "vkResetFences");
    vk(vkResetCommandPool(gpu_.device, frame.CommandPool, 0), "vkResetCommandPool");
    VkCommandBufferBeginInfo begin{};
    begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    begin.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
    vk(vkBeginCommandBuffer(frame.CommandBuffer, &begin), "vkBeginCommandBuffer");
    VkRenderPassBeginInfo pass{};
    pass.sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO;
    pass.renderPass = target_.RenderPass;
    pass.framebuffer = frame.Framebuffer;
    pass.renderArea.extent = {static_cast<uint32_t>(target_.Width), static_cast<uint32_t>(target_.Height)};
    pass.clearValueCount = 1;
    pass.pClearValues = &target_.ClearValue;
    vkCmdBeginRenderPass(frame.CommandBuffer, &pass, VK_SUBPASS_CONTENTS_INLINE);
    ImGui_ImplVulkan_RenderDrawData(ImGui::GetDrawData(), frame.CommandBuffer);
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
    const VkResult result = vkQueuePresentKHR(gpu_.queue, &info);
    target_.SemaphoreIndex = (target_.SemaphoreIndex + 1) % target_.ImageCount;
    if (result == VK_ERROR_OUT_OF_DATE_KHR || result == VK_SUBOPTIMAL_KHR) {
        outdated_ = true;
    } else {
        vk(result, "vkQueuePresentKHR");
    }
}

}  // namespace rwkvk::desktop
