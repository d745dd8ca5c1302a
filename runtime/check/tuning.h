#pragma once
// Which kinds of kernels multiply matrices fastest on a device: measured once, then kept.

#include <string>
#include <vector>

#include "runtime/gpu/kernel_store.h"

namespace rwkvk::check {

/// What products with matrices of these formats are faster with than with what the device's facts say, as
/// words for vk::masked; empty where nothing is. All kernels give the same bits, so this is a matter of time
/// alone. Errors: Code::out_of_memory, Code::device_lost.
std::string tuning(gpu::KernelStore& kernels, const std::vector<WeightFormat>& formats);

/// The same from the user's cache, or measured and stored there. Where memory runs short: nothing.
std::string cached_tuning(gpu::KernelStore& kernels, const std::vector<WeightFormat>& formats);

/// Where it is stored; empty when there is no home.
std::string tuning_path(const gpu::KernelStore& kernels, const std::vector<WeightFormat>& formats);

}  // namespace rwkvk::check
