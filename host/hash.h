#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace rwkvk {

/// XXH3-64, seed 0: tells damage and differences, keeps no secrets.
uint64_t hash_of(std::span<const std::byte> bytes);

/// 16 hexadecimal digits.
std::string hex_of(uint64_t value);

}  // namespace rwkvk
