#pragma once
// How fast memory can be read: the denominator of every other speed.

#include <cstdint>

#include "runtime/gpu/kernel_store.h"

namespace rwkvk::check {

/// Of the buffer that the probe reads: several times the largest cache of such devices, and no more of the
/// memory than a model would take.
uint64_t probe_bytes(const vk::DeviceFacts& facts);

/// Bytes per second, the best of several passes, long enough to wake a card, on a device.
/// Errors: Code::out_of_memory; Code::not_exact when the device read something else than was written.
double probe_device(gpu::KernelStore& kernels);

/// The same on this machine's processors; 0 threads: one per usable processor.
double probe_cpu(uint32_t threads);

}  // namespace rwkvk::check
