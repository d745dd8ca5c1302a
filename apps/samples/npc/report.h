#pragma once

#include "dialogue.h"
#include "frame_times.h"

namespace rwkvk::npc {

/// What a measured run has shown, for a person: the medians may differ by 5 %, the 99th percentiles by the
/// budget and 2 ms.
void print_report(const FrameTimes& times, double budget_ms, const Dialogue& dialogue);

}  // namespace rwkvk::npc
