#pragma once

#include "command.h"

namespace rwkvk::app {

struct FrameFlags {
    uint32_t frames = 0;                              // of each budget; 0: no such test
    std::vector<double> budgets = {1, 2, 4, 8};       // milliseconds
    uint32_t prompt = 64, answer = 64, requests = 1;  // tokens of each request; requests at a time
};

/// Steps an engine as a game does, once a frame with a budget, and prints how long the steps took, and how
/// fast tokens came. First with a budget of one microsecond: its steps are the smallest units there are.
/// `format`: md, json or csv.
void bench_frames(const CommonFlags& common, const FrameFlags& flags, const std::string& format);

}  // namespace rwkvk::app
