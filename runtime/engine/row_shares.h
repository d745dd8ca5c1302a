#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace rwkvk::engine {

/// How many of its rows each sequence gets in a step of `room` rows. `wanted` are those it has, 1 or more:
/// one where it draws tokens, more where it reads a prompt. First each gets one, beginning with number
/// `first` and going round; what is left is shared equally, so that a long text lets short ones by.
std::vector<uint32_t> share_rows(std::span<const uint32_t> wanted, uint32_t room, size_t first);

}  // namespace rwkvk::engine
