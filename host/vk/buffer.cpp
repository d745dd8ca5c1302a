#include "host/vk/buffer.h"

#include "host/error.h"
#include "host/vk/device.h"
#include "host/vk/memory_types.h"

namespace rwkvk::vk {

Buffer::Buffer(Device& device, uint64_t size_bytes, Memory intent, std::string name)
    : device_(device), size_(size_bytes), intent_(intent), name_(std::move(name)) {
    RWKVK_ASSERT(size_ > 0);
    if (size_ > device_.facts().max_allocation_bytes) {
        throw Error(Code::out_of_memory,
                    concat(device_.facts().name, ": '", name_, "' needs ", size_,
                           " bytes in one piece; the device gives at most ",
                           device_.facts().max_allocation_bytes, "; use a smaller model or another device"));
    }
    try {
        create();
    } catch (...) {
        release();
        throw;
    }
    device_.note_allocation(static_cast<int64_t>(allocated_));
}

Buffer::~Buffer() {
    release();
    device_.note_allocation(-static_cast<int64_t>(allocated_));
}

void Buffer::assert_range(uint64_t offset, uint64_t bytes) const {
    RWKVK_ASSERT(offset % 4 == 0 && bytes % 4 == 0);
    RWKVK_ASSERT(offset <= size_ && bytes <= size_ - offset);
}

VkBufferCreateInfo storage_buffer_info(uint64_t size_bytes) {
    VkBufferCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
    info.size = (size_bytes + 3) & ~3ull;
    info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                 VK_BUFFER_USAGE_TRANSFER_DST_BIT;
    info.sharingMode = VK_SHARING_MODE_EXCLUSIVE;
    return info;
}

VkMemoryRequirements Buffer::create_handle() {
    const VkBufferCreateInfo info = storage_buffer_info(size_);
    const VkResult result =
        device_.fn().vkCreateBuffer(device_.handle(), &info, device_.allocator(), &buffer_);
    if (result < 0) fail(result, concat("creating '", name_, "' of ", size_, " bytes"));
    VkMemoryRequirements needs;
    device_.fn().vkGetBufferMemoryRequirements(device_.handle(), buffer_, &needs);
    return needs;
}

void Buffer::create() {
    const DeviceFunctions& fn = device_.fn();
    const VkMemoryRequirements needs = create_handle();
    VkMemoryAllocateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
    info.allocationSize = needs.size;
    info.memoryTypeIndex = device_.memory_type(needs.memoryTypeBits, intent_);
    const VkResult result = fn.vkAllocateMemory(device_.handle(), &info, device_.allocator(), &memory_);
    if (result < 0) {
        fail(result, concat("allocating ", needs.size, " bytes for '", name_, "' beside ",
                            device_.allocated_bytes(), " already in use"));
    }
    allocated_ = needs.size;
    check(fn.vkBindBufferMemory(device_.handle(), buffer_, memory_, 0), "binding buffer memory");
    const VkMemoryPropertyFlags flags = device_.memory_flags(info.memoryTypeIndex);
    if (!host_reaches(flags) || (intent_ == Memory::device && !device_.facts().mapped)) return;
    void* address = nullptr;
    check(fn.vkMapMemory(device_.handle(), memory_, 0, VK_WHOLE_SIZE, 0, &address), "mapping buffer memory");
    mapped_ = static_cast<std::byte*>(address);
    cached_ = flags & VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
}

void Buffer::release() {
    device_.fn().vkDestroyBuffer(device_.handle(), buffer_, device_.allocator());
    device_.fn().vkFreeMemory(device_.handle(), memory_, device_.allocator());  // unmaps
}

}  // namespace rwkvk::vk
