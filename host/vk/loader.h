#pragma once

#include "host/vk/api.h"

namespace rwkvk::vk {

/// Opens the system's Vulkan loader, for good: drivers leave threads and exit handlers behind that point into
/// them. Errors: Code::no_device where there is none.
PFN_vkGetInstanceProcAddr open_loader();

}  // namespace rwkvk::vk
