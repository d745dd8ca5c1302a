#pragma once
// The Vulkan device that draws the window, for a model to run on it too.

#include <rwkvk_device.h>

#include <memory>
#include <string>

namespace rwkvk::desktop {

struct DrawingDevice {
    std::shared_ptr<const rwkvk_device>
        device;           // keeps Vulkan's own objects alive; NULL: no model runs on it
    std::string refusal;  // why not; ""
};

}  // namespace rwkvk::desktop
