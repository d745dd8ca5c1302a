#pragma once
// Buffers and images with memory of their own, freed together.

#include "gpu_device.h"

namespace rwkvk::desktop {

/// A buffer that the CPU writes.
class HostBuffer {
  public:
    HostBuffer(const GpuDevice& gpu, VkDeviceSize bytes, VkBufferUsageFlags usage);
    ~HostBuffer();
    HostBuffer(const HostBuffer&) = delete;
    HostBuffer& operator=(const HostBuffer&) = delete;

    VkBuffer handle() const { return buffer_; }
    VkDeviceSize bytes() const { return bytes_; }
    void* data() const { return data_; }

  private:
    VkDevice device_;
    VkDeviceSize bytes_;
    VkBuffer buffer_ = VK_NULL_HANDLE;
    VkDeviceMemory memory_ = VK_NULL_HANDLE;
    void* data_ = nullptr;
};

/// An image of one channel, for shaders to read.
class Image {
  public:
    Image(const GpuDevice& gpu, uint32_t width, uint32_t height);
    ~Image();
    Image(const Image&) = delete;
    Image& operator=(const Image&) = delete;

    VkImage handle() const { return image_; }
    VkImageView view() const { return view_; }
    uint32_t width() const { return width_; }
    uint32_t height() const { return height_; }

  private:
    VkDevice device_;
    uint32_t width_, height_;
    VkImage image_ = VK_NULL_HANDLE;
    VkDeviceMemory memory_ = VK_NULL_HANDLE;
    VkImageView view_ = VK_NULL_HANDLE;
};

}  // namespace rwkvk::desktop
