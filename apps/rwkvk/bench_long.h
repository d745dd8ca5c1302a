#pragma once

#include "command.h"

namespace rwkvk::app {

/// Generates `tokens` tokens in one session and prints, for each fiftieth of them, how fast they came and
/// what memory the process then had: what grows or slows down with length shows. `format`: md, json or csv.
void bench_long(const CommonFlags& flags, uint32_t tokens, const std::string& format);

}  // namespace rwkvk::app
