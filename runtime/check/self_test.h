#pragma once

#include <string>
#include <vector>

#include "runtime/gpu/kernel_store.h"

namespace rwkvk::check {

/// Whether a device computes what the CPU reference computes.
struct Verdict {
    std::vector<std::string> failures;  // empty: exact mode is allowed
    bool exact() const { return failures.empty(); }
};

/// Single operations against a table of known answers, random operations against this CPU, and every kernel
/// variant on small adversarial data.
Verdict self_test(gpu::KernelStore& kernels);

/// The verdict for this device, driver and set of kernels from the user's cache, or a new one, which is
/// stored. A cache that cannot be read or written only costs the time of the test.
Verdict cached_self_test(gpu::KernelStore& kernels);

/// Errors: Code::not_exact naming the device and the first failure.
void require_exact(gpu::KernelStore& kernels);

/// Where verdicts are stored; empty when there is no home.
std::string verdict_path(const gpu::KernelStore& kernels);

}  // namespace rwkvk::check
