#pragma once
// Where the program keeps its files, and how it reads and writes them.

#include <filesystem>
#include <string>

namespace rwkvk::desktop {

/// $XDG_DATA_HOME/rwkvk or ~/.local/share/rwkvk.
std::filesystem::path data_folder();
/// $XDG_CONFIG_HOME/rwkvk or ~/.config/rwkvk.
std::filesystem::path config_folder();

/// Throws std::runtime_error, one line for a person; write_whole as well.
std::string read_whole(const std::filesystem::path& path);

/// The file takes its name only when it is whole; its folder is made.
void write_whole(const std::filesystem::path& path, const std::string& text);

}  // namespace rwkvk::desktop
