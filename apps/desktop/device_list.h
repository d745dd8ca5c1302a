#pragma once
// The devices that a model can run on.

#include <rwkvk.hpp>
#include <string>
#include <vector>

#include "drawing_device.h"

namespace rwkvk::desktop {

struct DeviceRow {
    std::string index, name, facts;
    std::string uuid = {};  // "" of the CPU
    int32_t type = RWKVK_DEVICE_OTHER;
    bool draws = false;  // the window
};

/// Each once, the CPU last.
std::vector<DeviceRow> list_devices(const Runtime& runtime, const DrawingDevice& drawing);

/// Whether `choice`, as rwkvk_context_params.device, comes to the device that draws the window.
bool means_drawing(const std::string& choice, const std::vector<DeviceRow>& rows);

}  // namespace rwkvk::desktop
