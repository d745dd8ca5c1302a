#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/vk/kernel.h"
#include "runtime/catalogue/select.h"

namespace rwkvk::vk {
class Device;
}

namespace rwkvk::gpu {

/// A device's pipelines, made on first use and kept. Every module is held to the tables before it is used.
class KernelStore {
  public:
    explicit KernelStore(vk::Device& device, bool statistics = false)
        : device_(device), statistics_(statistics) {}

    /// Errors: as vk::Kernel. Thread-safe.
    const vk::Kernel& get(const KernelChoice& choice, WeightFormat format);
    vk::Device& device() const { return device_; }

    /// For tests: what stands in for the module of this name from now on.
    void replace_module(const std::string& name, std::vector<uint32_t> words);

  private:
    vk::Device& device_;
    const bool statistics_;
    std::mutex mutex_;
    std::map<std::string, std::vector<uint32_t>> replaced_;
    std::map<std::pair<std::string, std::vector<uint32_t>>, std::unique_ptr<vk::Kernel>> kernels_;
};

/// Compares a module with the op's row: bindings, read-only flags, push-constant size. Asserts on a mismatch:
/// the tables and the shaders of one build belong together.
void check_module(const KernelInfo& kernel, const vk::Reflection& reflection);

}  // namespace rwkvk::gpu
