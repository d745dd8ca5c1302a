#include "painter.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <fonts.h>
#include <picture.h>

#include <algorithm>

namespace rwkvk::npc {
namespace {

using desktop::vk;

constexpr float font_pixels = 17;

float monitor_scale(GLFWwindow* window) {
    float x = 1, y = 1;
    glfwGetWindowContentScale(window, &x, &y);
    return std::max(1.0f, x);
}

}  // namespace

Painter::Context::Context() {
    IMGUI_CHECKVERSION();
    ImGui::CreateContext(atlas.get());
    ImGui::GetIO().IniFilename = nullptr;
    ImGui::GetIO().BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
}

Painter::Context::~Context() { ImGui::DestroyContext(); }

Painter::Painter(const desktop::GpuDevice& device, GLFWwindow* window)
    : device_(device),
      window_(window),
      swapchain_(device, window),
      backdrop_(device, swapchain_.pass()),
      renderer_(device, swapchain_.pass(), 1) {
    desktop::FontAtlas fonts(desktop::find_fonts(desktop::font_folders(), "en"));
    desktop::Fonts built =
        fonts.build({desktop::GlyphSet().ranges(), false, font_pixels * monitor_scale(window)});
    ImGui::GetIO().Fonts = built.atlas.get();
    context_.atlas = std::move(built.atlas);
    renderer_.use(*built.image);
    make_commands();
}

Painter::~Painter() {
    const VkDevice device = device_.device;
    {
        const auto lock = device_.hold_device();
        vkDeviceWaitIdle(device);
    }
    vkDestroyFence(device, done_, nullptr);
    vkDestroySemaphore(device, acquired_, nullptr);
    vkDestroyCommandPool(device, pool_, nullptr);
}

void Painter::make_commands() {
    const VkDevice device = device_.device;
    VkCommandPoolCreateInfo pool{};
    pool.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
    pool.queueFamilyIndex = device_.family;
    vk(vkCreateCommandPool(device, &pool, nullptr, &pool_), "vkCreateCommandPool");
    VkCommandBufferAllocateInfo commands{};
    commands.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
    commands.commandPool = pool_;
    commands.commandBufferCount = 1;
    vk(vkAllocateCommandBuffers(device, &commands, &commands_), "vkAllocateCommandBuffers");
    VkSemaphoreCreateInfo semaphore{};
    semaphore.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO;
    vk(vkCreateSemaphore(device, &semaphore, nullptr, &acquired_), "vkCreateSemaphore");
    VkFenceCreateInfo fence{};
    fence.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
    fence.flags = VK_FENCE_CREATE_SIGNALED_BIT;
    vk(vkCreateFence(device, &fence, nullptr, &done_), "vkCreateFence");
}

ImDrawList* Painter::begin() {
    int width = 0, height = 0;
    glfwGetFramebufferSize(window_, &width, &height);
    if (!swapchain_.fit(width, height)) return nullptr;
    const VkExtent2D extent = swapchain_.extent();
    ImGui::GetIO().DisplaySize = {static_cast<float>(extent.width), static_cast<float>(extent.height)};
    ImGui::NewFrame();
    return ImGui::GetBackgroundDrawList();
}

void Painter::wait() const {
    vk(vkWaitForFences(device_.device, 1, &done_, VK_TRUE, UINT64_MAX), "vkWaitForFences");
}

void Painter::show() {
    ImGui::Render();
    wait();
    Swapchain::Target target{};
    if (!swapchain_.acquire(acquired_, target)) return;
    record(target.framebuffer, desktop::picture_of(*ImGui::GetDrawData()));
    submit(target.drawn);
    swapchain_.present();
}

void Painter::record(VkFramebuffer framebuffer, const desktop::Picture& picture) {
    const VkDevice device = device_.device;
    vk(vkResetCommandPool(device, pool_, 0), "vkResetCommandPool");
    VkCommandBufferBeginInfo begin{};
    begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    begin.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
    vk(vkBeginCommandBuffer(commands_, &begin), "vkBeginCommandBuffer");
    renderer_.prepare(commands_);
    VkRenderPassBeginInfo pass{};
    pass.sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO;
    pass.renderPass = swapchain_.pass();
    pass.framebuffer = framebuffer;
    pass.renderArea.extent = swapchain_.extent();
    vkCmdBeginRenderPass(commands_, &pass, VK_SUBPASS_CONTENTS_INLINE);
    backdrop_.draw(commands_, swapchain_.extent());
    renderer_.draw(commands_, 0, picture);
    vkCmdEndRenderPass(commands_);
    vk(vkEndCommandBuffer(commands_), "vkEndCommandBuffer");
}

void Painter::submit(VkSemaphore drawn) {
    vk(vkResetFences(device_.device, 1, &done_), "vkResetFences");
    const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT;
    VkSubmitInfo info{};
    info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    info.waitSemaphoreCount = info.commandBufferCount = info.signalSemaphoreCount = 1;
    info.pWaitSemaphores = &acquired_;
    info.pWaitDstStageMask = &stage;
    info.pCommandBuffers = &commands_;
    info.pSignalSemaphores = &drawn;
    const auto lock = device_.hold_queue();
    vk(vkQueueSubmit(device_.queue, 1, &info, done_), "vkQueueSubmit");
}

}  // namespace rwkvk::npc
