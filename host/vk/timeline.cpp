#include <chrono>
#include <deque>
#include <vector>

#include "host/error.h"
#include "host/log.h"
#include "host/stopwatch.h"
#include "host/vk/commands.h"
#include "host/vk/device.h"

namespace rwkvk::vk {
namespace {

// A wait is cut into slices so that a device that hangs is at least reported; its watchdog ends the wait.
constexpr uint64_t slice_s = 60;
constexpr uint64_t slice_ns = slice_s * 1'000'000'000;

constexpr auto patience = std::chrono::microseconds(200);  // of looking before sleeping

template <typename WaitOneSlice>
void wait_in_slices(const Device& device, const WaitOneSlice& wait_one_slice) {
    for (uint64_t waited_s = slice_s;; waited_s += slice_s) {
        const VkResult result = wait_one_slice();
        if (result < 0) fail(result, concat("waiting for ", device.facts().name));
        if (result != VK_TIMEOUT) return;
        log(LogLevel::warning,
            concat(device.facts().name, ": no answer for ", waited_s, " s, still waiting"));
    }
}

using Handles = std::span<const VkCommandBuffer>;

void submit_together(const Device& device, Handles handles, const void* chain, VkSemaphore signal,
                     VkFence fence) {
    VkSubmitInfo info{};
    info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    info.pNext = chain;
    info.commandBufferCount = static_cast<uint32_t>(handles.size());
    info.pCommandBuffers = handles.data();
    info.signalSemaphoreCount = signal ? 1 : 0;
    info.pSignalSemaphores = &signal;
    const Device::QueueLock locked = device.lock_queue();
    const VkResult result = device.fn().vkQueueSubmit(device.queue(), 1, &info, fence);
    if (result < 0) fail(result, concat("submitting to ", device.facts().name));
}

}  // namespace

struct Timeline::Impl {
    explicit Impl(Device& owner) : device(owner) {}
    virtual ~Impl() = default;
    virtual void submit(Handles handles, uint64_t ticket) = 0;
    virtual void wait(uint64_t ticket) = 0;

    struct Semaphore;
    struct Fences;
    Device& device;
    uint64_t last = 0;
};

struct Timeline::Impl::Semaphore : Timeline::Impl {
    VkSemaphore semaphore = VK_NULL_HANDLE;

    explicit Semaphore(Device& owner) : Impl(owner) {
        VkSemaphoreTypeCreateInfo type{};
        type.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO;
        type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
        VkSemaphoreCreateInfo info{};
        info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO;
        info.pNext = &type;
        check(device.fn().vkCreateSemaphore(device.handle(), &info, device.allocator(), &semaphore),
              "creating a semaphore");
    }
    ~Semaphore() override { device.fn().vkDestroySemaphore(device.handle(), semaphore, device.allocator()); }

    void submit(Handles handles, uint64_t ticket) override {
        VkTimelineSemaphoreSubmitInfo values{};
        values.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO;
        values.signalSemaphoreValueCount = 1;
        values.pSignalSemaphoreValues = &ticket;
        submit_together(device, handles, &values, semaphore, VK_NULL_HANDLE);
    }

    void wait(uint64_t ticket) override {
        if (ends_soon(ticket)) return;
        VkSemaphoreWaitInfo info{};
        info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO;
        info.semaphoreCount = 1;
        info.pSemaphores = &semaphore;
        info.pValues = &ticket;
        wait_in_slices(device,
                       [&] { return device.fn().vkWaitSemaphores(device.handle(), &info, slice_ns); });
    }

    bool ends_soon(uint64_t ticket) const;
};

/// Looks for a while: to sleep and to be woken takes 30 to 60 microseconds. Not where the device is the
/// processor that looks.
bool Timeline::Impl::Semaphore::ends_soon(uint64_t ticket) const {
    if (device.facts().type == DeviceType::software) return false;
    const auto until = std::chrono::steady_clock::now() + patience;
    do {
        uint64_t reached = 0;
        const VkResult result = device.fn().vkGetSemaphoreCounterValue(device.handle(), semaphore, &reached);
        if (result < 0) fail(result, concat("waiting for ", device.facts().name));
        if (reached >= ticket) return true;
    } while (std::chrono::steady_clock::now() < until);
    return false;
}

struct Timeline::Impl::Fences : Timeline::Impl {
    struct Pending {
        uint64_t ticket;
        VkFence fence;
    };
    std::deque<Pending> pending;  // in order of tickets
    std::vector<VkFence> idle;    // unsignalled

    using Impl::Impl;
    ~Fences() override {
        for (const Pending& entry : pending)
            device.fn().vkDestroyFence(device.handle(), entry.fence, device.allocator());
        for (VkFence fence : idle) device.fn().vkDestroyFence(device.handle(), fence, device.allocator());
    }

    void add_idle_fence() {
        VkFenceCreateInfo info{};
        info.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
        idle.reserve(idle.size() + 1);
        VkFence fence = VK_NULL_HANDLE;
        check(device.fn().vkCreateFence(device.handle(), &info, device.allocator(), &fence),
              "creating a fence");
        idle.push_back(fence);
    }

    void submit(Handles handles, uint64_t ticket) override {
        if (idle.empty()) add_idle_fence();
        submit_together(device, handles, nullptr, VK_NULL_HANDLE, idle.back());
        pending.push_back({ticket, idle.back()});
        idle.pop_back();
    }

    void wait(uint64_t ticket) override {
        while (!pending.empty() && pending.front().ticket <= ticket) {
            const VkFence fence = pending.front().fence;
            wait_in_slices(device, [&] {
                return device.fn().vkWaitForFences(device.handle(), 1, &fence, VK_TRUE, slice_ns);
            });
            check(device.fn().vkResetFences(device.handle(), 1, &fence), "resetting a fence");
            idle.push_back(fence);
            pending.pop_front();
        }
    }
};

Timeline::Timeline(Device& device) {
    if (device.facts().timeline) {
        impl_ = std::make_unique<Impl::Semaphore>(device);
    } else {
        impl_ = std::make_unique<Impl::Fences>(device);
    }
}

Timeline::~Timeline() {
    try {
        wait(impl_->last);
    } catch (...) {
        // Only a lost device gets here: nothing is pending on it, and whoever uses it next is told.
    }
}

uint64_t Timeline::submit(std::span<const Commands* const> commands) {
    std::vector<VkCommandBuffer> handles;
    for (const Commands* const one : commands) handles.push_back(one->handle());
    impl_->submit(handles, impl_->last + 1);
    for (const Commands* const one : commands) one->impl_->submitted = true;
    return ++impl_->last;
}

uint64_t Timeline::submit(const Commands& commands) {
    const Commands* const one = &commands;
    return submit({&one, 1});
}

void Timeline::wait(uint64_t ticket) {
    RWKVK_ASSERT(ticket <= impl_->last);
    if (ticket != 0) impl_->wait(ticket);
}

double Timeline::run_timed(const Commands& commands) {
    const Stopwatch watch;
    wait(submit(commands));
    const double host = watch.seconds(), device = static_cast<double>(commands.elapsed_ns()) * 1e-9;
    return device > 0 ? device : host;
}

}  // namespace rwkvk::vk
