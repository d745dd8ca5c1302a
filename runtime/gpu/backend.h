#pragma once

#include <memory>

#include "runtime/gpu/kernel_store.h"
#include "runtime/graph/backend.h"

namespace rwkvk::vk {
class Device;
}

namespace rwkvk::gpu {

struct GpuOptions {
    bool fusion = true;         // where the device's facts have it
    uint32_t budget_ms = 50;    // longest submission; desktops stutter long before watchdogs kill
    int64_t drop_barrier = -1;  // for tests: see vk::Recorder::Options
};

/// A model on a Vulkan device. The device outlives the backend.
/// Errors: Code::out_of_memory naming what did not fit.
std::unique_ptr<Backend> make_backend(const ModelPrograms& programs, const WeightSource& weights,
                                      const BackendOptions& options, KernelStore& kernels,
                                      const GpuOptions& gpu);

}  // namespace rwkvk::gpu
