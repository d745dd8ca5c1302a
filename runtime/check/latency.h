#pragma once
// What a device takes beside computing: the cost of a phase, of a dispatch, of waiting for it, of sending
// data.

#include "runtime/gpu/kernel_store.h"

namespace rwkvk::check {

/// Medians of several runs.
struct Latencies {
    // Seconds. The first three are the device's where it has timestamps, else the host's.
    double phase;         // a dispatch of one workgroup that waits for the one before it
    double wide_phase;    // the same, of `wide_groups` workgroups
    double dispatch;      // a dispatch of one workgroup that waits for nothing
    double round_trip;    // from submitting one dispatch until the host knows that it has ended
    double upload_bytes;  // per second, from the host's memory into the device's
};

inline constexpr uint32_t wide_groups = 1024;

/// Errors: Code::out_of_memory; Code::not_exact when the dispatches computed something else.
Latencies measure_latencies(gpu::KernelStore& kernels);

}  // namespace rwkvk::check
