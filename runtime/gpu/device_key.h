#pragma once

#include <cstdint>

#include "host/vk/facts.h"

namespace rwkvk::gpu {

/// Equal keys: the same device, driver, mask of facts and kernels, so that what was compiled and found out
/// under one still holds under the other.
uint64_t device_key(const vk::DeviceFacts& facts);

}  // namespace rwkvk::gpu
