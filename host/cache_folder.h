#pragma once

#include <string>

namespace rwkvk {

/// Path of a file that may vanish at any time, "$XDG_CACHE_HOME/rwkvk/<kind>/<name>" or the same below
/// "$HOME/.cache"; empty when there is no home. Nothing is created.
std::string cache_path(const std::string& kind, const std::string& name);

/// Where the user keeps files for this program: "$XDG_DATA_HOME/rwkvk" or "$HOME/.local/share/rwkvk"; empty
/// when there is no home. Nothing is created.
std::string data_folder();

}  // namespace rwkvk
