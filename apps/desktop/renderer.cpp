#include "renderer.h"

#include <algorithm>
#include <cstring>

#include "picture.h"

namespace rwkvk::desktop {
namespace {

/// The buffer, or a larger one in its place.
void* room_for(std::unique_ptr<HostBuffer>& buffer, const GpuDevice& gpu, size_t bytes,
               VkBufferUsageFlags usage) {
    if (!buffer || buffer->bytes() < bytes) {
        buffer.reset();
        buffer = std::make_unique<HostBuffer>(gpu, std::max<size_t>(bytes * 2, 1 << 16), usage);
    }
    return buffer->data();
}

VkImageMemoryBarrier barrier_of(VkImage image) {
    VkImageMemoryBarrier barrier{};
    barrier.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER;
    barrier.srcQueueFamilyIndex = barrier.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED;
    barrier.image = image;
    barrier.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
    return barrier;
}

}  // namespace

FontTexture::FontTexture(const GpuDevice& gpu, const FontImage& font)
    : image(gpu, font.width, font.height), pixels(gpu, font.pixels.size(), VK_BUFFER_USAGE_TRANSFER_SRC_BIT) {
    std::memcpy(pixels.data(), font.pixels.data(), font.pixels.size());
}

Renderer::Renderer(const GpuDevice& gpu, VkRenderPass pass, uint32_t frames) : gpu_(gpu), frames_(frames) {
    make_layouts();
    make_pipeline(pass);
}

Renderer::~Renderer() {
    vkDestroyPipeline(gpu_.device, pipeline_, nullptr);
    vkDestroyPipelineLayout(gpu_.device, layout_, nullptr);
    vkDestroyDescriptorPool(gpu_.device, pool_, nullptr);
    vkDestroyDescriptorSetLayout(gpu_.device, set_layout_, nullptr);
    vkDestroySampler(gpu_.device, sampler_, nullptr);
}

void Renderer::use(const FontImage& font) {
    auto texture = std::make_unique<FontTexture>(gpu_, font);
    VkDescriptorSetAllocateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
    info.descriptorPool = pool_;
    info.descriptorSetCount = 1;
    info.pSetLayouts = &set_layout_;
    vk(vkAllocateDescriptorSets(gpu_.device, &info, &texture->set), "vkAllocateDescriptorSets");
    const VkDescriptorImageInfo image{VK_NULL_HANDLE, texture->image.view(),
                                      VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL};
    VkWriteDescriptorSet write{};
    write.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
    write.dstSet = texture->set;
    write.descriptorCount = 1;
    write.descriptorType = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER;
    write.pImageInfo = &image;
    vkUpdateDescriptorSets(gpu_.device, 1, &write, 0, nullptr);
    if (font_) retired_.push_back({std::move(font_), static_cast<uint32_t>(frames_.size()) + 1});
    font_ = std::move(texture);
    copied_ = false;
}

/// After so many frames that none in flight has them.
void Renderer::retire() {
    std::erase_if(retired_, [&](Retired& one) {
        if (--one.frames_left > 0) return false;
        vkFreeDescriptorSets(gpu_.device, pool_, 1, &one.texture->set);
        return true;
    });
}

void Renderer::prepare(VkCommandBuffer commands) {
    retire();
    if (copied_) return;
    copied_ = true;
    VkImageMemoryBarrier barrier = barrier_of(font_->image.handle());
    barrier.dstAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT;
    barrier.newLayout = VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL;
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0,
                         nullptr, 0, nullptr, 1, &barrier);
    VkBufferImageCopy region{};
    region.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
    region.imageExtent = {font_->image.width(), font_->image.height(), 1};
    vkCmdCopyBufferToImage(commands, font_->pixels.handle(), font_->image.handle(),
                           VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &region);
    barrier.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT;
    barrier.dstAccessMask = VK_ACCESS_SHADER_READ_BIT;
    barrier.oldLayout = VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL;
    barrier.newLayout = VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL;
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT, 0,
                         0, nullptr, 0, nullptr, 1, &barrier);
}

void Renderer::fill(Frame& frame, const Picture& picture) const {
    const auto copy = [&](std::unique_ptr<HostBuffer>& buffer, const auto& values, VkBufferUsageFlags usage) {
        const size_t bytes = values.size() * sizeof values[0];
        std::memcpy(room_for(buffer, gpu_, bytes, usage), values.data(), bytes);
    };
    copy(frame.vertices, picture.vertices, VK_BUFFER_USAGE_VERTEX_BUFFER_BIT);
    copy(frame.indices, picture.indices, VK_BUFFER_USAGE_INDEX_BUFFER_BIT);
}

void Renderer::set_up(VkCommandBuffer commands, const Frame& frame, const Picture& picture) const {
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, pipeline_);
    vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, layout_, 0, 1, &font_->set, 0,
                            nullptr);
    const VkBuffer vertices = frame.vertices->handle();
    const VkDeviceSize offset = 0;
    vkCmdBindVertexBuffers(commands, 0, 1, &vertices, &offset);
    vkCmdBindIndexBuffer(commands, frame.indices->handle(), 0,
                         sizeof(ImDrawIdx) == 2 ? VK_INDEX_TYPE_UINT16 : VK_INDEX_TYPE_UINT32);
    const auto width = static_cast<float>(picture.width), height = static_cast<float>(picture.height);
    const VkViewport viewport{0, 0, width, height, 0, 1};
    vkCmdSetViewport(commands, 0, 1, &viewport);
    const float constants[] = {2 / width, 2 / height, -1, -1};
    vkCmdPushConstants(commands, layout_, VK_SHADER_STAGE_VERTEX_BIT, 0, sizeof constants, constants);
}

void Renderer::draw(VkCommandBuffer commands, uint32_t frame, const Picture& picture) {
    if (picture.indices.empty()) return;
    if (frame >= frames_.size()) frames_.resize(frame + 1);  // a new swapchain may have more
    fill(frames_[frame], picture);
    set_up(commands, frames_[frame], picture);
    for (const Picture::Part& part : picture.parts) {
        vkCmdSetScissor(commands, 0, 1, &part.scissor);
        vkCmdDrawIndexed(commands, part.indices, 1, part.first_index, part.first_vertex, 0);
    }
}

}  // namespace rwkvk::desktop
