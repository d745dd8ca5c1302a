#pragma once
// How fast memory can be read: the denominator of every other speed.

#include <cstdint>

#include "runtime/gpu/kernel_store.h"

namespace rwkvk::check {

/// Bytes per second, the best of several passes over a buffer much larger than caches, on a device.
/// Errors: Code::out_of_memory; Code::not_exact when the device read something else than was written.
double probe_device(gpu::KernelStore& kernels);

/// The same on this machine's processors; 0 threads: one per processor.
double probe_cpu(uint32_t threads);

}  // namespace rwkvk::check
