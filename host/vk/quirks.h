#pragma once

#include "host/vk/facts.h"

namespace rwkvk::vk {

/// Corrects facts where a driver is known to report or do something wrong; each correction is logged.
void apply_quirks(DeviceFacts& facts);

}  // namespace rwkvk::vk
