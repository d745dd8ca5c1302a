#pragma once

#include <string>

namespace rwkvk {

/// Where files are kept that may vanish at any time: "$XDG_CACHE_HOME/rwkvk" or "$HOME/.cache/rwkvk"; empty
/// when there is no home. A path that is not absolute counts as none. Nothing is created.
std::string cache_folder();

/// Where the user keeps files for this program: "$XDG_DATA_HOME/rwkvk" or "$HOME/.local/share/rwkvk"; empty
/// when there is no home, as above. Nothing is created.
std::string data_folder();

}  // namespace rwkvk
