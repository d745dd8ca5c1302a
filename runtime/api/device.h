#pragma once
// Opening devices, and putting models on them.

#include <memory>
#include <string>

#include "host/vk/device.h"
#include "runtime/api/own_device.h"
#include "runtime/api/runtime.h"
#include "runtime/gpu/kernel_store.h"
#include "runtime/graph/backend.h"
#include "runtime/model/model.h"

namespace rwkvk::api {

/// A Vulkan device with its kernels.
class OpenDevice {
  public:
    /// What for. Statistics come from the driver's compiler only, never from what it compiled earlier.
    enum class Use { compute, look, statistics };
    /// Errors: Code::no_device.
    OpenDevice(Runtime& runtime, const std::string& wanted, Use use);
    /// On a device of the program's, to compute.
    OpenDevice(Runtime& runtime, std::shared_ptr<const OwnDevice> own);
    /// For exact results with matrices of these formats, by the kernels that are fastest with them. Where the
    /// kernels that need integer dot products, or subgroups, fail the self-test, the device is opened anew
    /// without them. Errors: Code::not_exact.
    void require_exact(const std::vector<WeightFormat>& formats);

    const vk::DeviceFacts& facts() const { return device_->facts(); }
    /// As matrix_kernel_text; says so where a failed self-test is the reason.
    std::string matrix_kernel() const;
    gpu::KernelStore& kernels() { return *kernels_; }

  private:
    void open(const vk::DeviceFacts& facts);
    void tune(const std::vector<WeightFormat>& formats);

    std::shared_ptr<vk::Instance> instance_;
    const vk::Instance::Candidate* candidate_ = nullptr;  // of the instance
    std::shared_ptr<const OwnDevice> own_;                // or this
    Use use_;
    std::string failed_;  // what the kernels had that failed the self-test
    std::string cache_folder_;
    std::unique_ptr<vk::Device> device_;
    std::unique_ptr<gpu::KernelStore> kernels_;
};

bool is_cpu(const std::string& device);

/// Whether the CPU is what `device` asks for. "" takes the best Vulkan device, but the CPU where there is
/// none or only a software one, which does the same and is slower.
bool wants_cpu(Runtime& runtime, const std::string& device);

/// Errors: Code::no_device.
const vk::Instance::Candidate& device_at(const vk::Instance& instance, uint32_t index);

/// Names, vendors and versions of a device, as the border shows them.
rwkvk_device_info describe(uint32_t index, const vk::DeviceFacts& facts);

}  // namespace rwkvk::api
