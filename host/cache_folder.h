#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>

namespace rwkvk {

/// Where files are kept that may vanish at any time: "$XDG_CACHE_HOME/rwkvk" or "$HOME/.cache/rwkvk", on
/// Windows "%LOCALAPPDATA%/rwkvk/cache"; empty when there is no home. A path that is not absolute counts as
/// none. Nothing is created.
std::string cache_folder();

/// Writes a file of that folder, the parts one after the other, and the folders on the way; nothing where
/// `path` is empty. Returns whether it is there: a failure costs only time later, and is logged as
/// "`what` not kept: REASON".
bool keep(const std::string& path, std::initializer_list<std::span<const std::byte>> parts, const char* what);

/// Where the user keeps files for this program: "$XDG_DATA_HOME/rwkvk" or "$HOME/.local/share/rwkvk", on
/// Windows "%LOCALAPPDATA%/rwkvk"; empty when there is no home, as above. Nothing is created.
std::string data_folder();

}  // namespace rwkvk
