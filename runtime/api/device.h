#pragma once
// Opening devices, and putting models on them.

#include <memory>
#include <string>

#include "host/vk/device.h"
#include "runtime/api/runtime.h"
#include "runtime/gpu/kernel_store.h"
#include "runtime/graph/backend.h"
#include "runtime/model/model.h"

namespace rwkvk::api {

/// A Vulkan device with its kernels. In exact mode it has passed its self-test.
class OpenDevice {
  public:
    enum class Trust { tested, untested };
    /// Errors: Code::no_device, Code::not_exact.
    OpenDevice(Runtime& runtime, const std::string& wanted, Trust trust, bool statistics = false);

    const vk::DeviceFacts& facts() const { return device_->facts(); }
    gpu::KernelStore& kernels() { return *kernels_; }

  private:
    std::unique_ptr<vk::Device> device_;
    std::unique_ptr<gpu::KernelStore> kernels_;
};

bool is_cpu(const std::string& device);

/// Whether the CPU is what `device` asks for. "" takes the best Vulkan device, but the CPU where there is
/// none or only a software one, which does the same and is slower.
bool wants_cpu(Runtime& runtime, const std::string& device);

/// Names, vendors and versions of a device, as the border shows them.
rwkvk_device_info describe(uint32_t index, const vk::DeviceFacts& facts);

}  // namespace rwkvk::api
