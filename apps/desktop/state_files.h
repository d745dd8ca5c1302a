#pragma once
// The folder of saved states.

#include <filesystem>
#include <string>
#include <vector>

namespace rwkvk::desktop {

/// Where a state of a conversation of this name can be saved: a file that is not there yet.
std::filesystem::path new_state_file(const std::filesystem::path& folder, const std::string& name);

/// The newest first.
std::vector<std::filesystem::path> state_files(const std::filesystem::path& folder);

}  // namespace rwkvk::desktop
