#include "host/vk/foreign.h"

namespace rwkvk::vk {
namespace {

/// A submission without commands: its wait is one of all that come later in the order of submission, its
/// signal one of all that came before.
void submit(const DeviceFunctions& fn, const ForeignDevice& device, const TimelinePoint* wait,
            const TimelinePoint* signal) {
    VkTimelineSemaphoreSubmitInfo values{};
    values.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO;
    VkSubmitInfo info{};
    info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    info.pNext = &values;
    const VkPipelineStageFlags all = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
    if (wait) {
        values.waitSemaphoreValueCount = info.waitSemaphoreCount = 1;
        values.pWaitSemaphoreValues = &wait->value;
        info.pWaitSemaphores = &wait->semaphore;
        info.pWaitDstStageMask = &all;
    }
    if (signal) {
        values.signalSemaphoreValueCount = info.signalSemaphoreCount = 1;
        values.pSignalSemaphoreValues = &signal->value;
        info.pSignalSemaphores = &signal->semaphore;
    }
    if (device.lock) device.lock();
    const VkResult result = fn.vkQueueSubmit(device.queue, 1, &info, VK_NULL_HANDLE);
    if (device.unlock) device.unlock();
    check(result, "submitting a semaphore");
}

}  // namespace

void submit_wait(const DeviceFunctions& fn, const ForeignDevice& device, const TimelinePoint& point) {
    submit(fn, device, &point, nullptr);
}

void submit_signal(const DeviceFunctions& fn, const ForeignDevice& device, const TimelinePoint& point) {
    submit(fn, device, nullptr, &point);
}

}  // namespace rwkvk::vk
