#pragma once
// What a driver compiled, kept in a file from run to run. Nothing in such a file is worth an error: what does
// not fit is dropped, and what cannot be written is compiled again next time.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/vk/facts.h"

namespace rwkvk::vk {

/// Larger files are neither read nor written.
inline constexpr uint64_t most_pipeline_bytes = 64ull << 20;

/// The driver's bytes, for Device::load_pipelines. Empty for a file that is missing, truncated, damaged, made
/// under another key, or holds data of another driver.
std::vector<std::byte> read_pipelines(const std::string& path, uint64_t key, const DeviceFacts& facts);

/// Replaces the file as a whole and makes its folder, in which it leaves the newest 16 files: updates of
/// drivers and programs orphan the others. False, and a line in the log, where that fails.
bool write_pipelines(const std::string& path, uint64_t key, std::span<const std::byte> data);

/// Whether the driver's data hold more than the header that every implementation writes, and that header
/// names this device and driver.
bool pipelines_fit(std::span<const std::byte> data, const DeviceFacts& facts);

}  // namespace rwkvk::vk
