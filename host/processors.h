#pragma once
// How many processors are worth a thread.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace rwkvk {

/// Processors that this process may use, at least 1: those of its affinity mask, but no more than the CPU
/// quotas of the control groups that it runs in pay for. A part of one counts as one.
uint32_t usable_processors();

/// What a file holds; nothing for one that cannot be read.
using FileReader = std::function<std::optional<std::string>(const std::string& path)>;

/// What the control groups allow, of version 2 (cpu.max) and 1 (cpu.cfs_quota_us); nothing without a quota.
/// `read` stands for the system's files, those under /proc/self among them.
std::optional<uint32_t> quota_processors(const FileReader& read);

/// "1 thread", "8 threads".
std::string thread_count(uint32_t threads);

}  // namespace rwkvk
