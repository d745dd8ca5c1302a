#pragma once
// What each system has its own calls for when a file is written.

#include <filesystem>
#include <system_error>

namespace rwkvk {

/// Opens a new file for writing, which child processes do not inherit; -1, with errno, where it cannot be
/// made: EEXIST where the name is taken.
int create_file(const std::filesystem::path& path);

/// Waits until everything that was written is on the disk; false, with errno, where that failed.
bool sync_file(int fd);

/// Gives a file another name, which may be taken, and makes that last as far as the file system can.
std::error_code move_over(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace rwkvk
