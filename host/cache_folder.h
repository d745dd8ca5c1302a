#pragma once

#include <string>

namespace rwkvk {

/// Path of a file that may vanish at any time, "$XDG_CACHE_HOME/rwkvk/<kind>/<name>" or the same below
/// "$HOME/.cache"; empty when there is no home. Nothing is created.
std::string cache_path(const std::string& kind, const std::string& name);

}  // namespace rwkvk
