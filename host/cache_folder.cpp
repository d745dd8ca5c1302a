#include "host/cache_folder.h"

#include <cstdlib>
#include <filesystem>

namespace rwkvk {

std::string cache_path(const std::string& kind, const std::string& name) {
    const char* cache = std::getenv("XDG_CACHE_HOME");
    const char* home = std::getenv("HOME");
    std::filesystem::path folder = cache ? cache : "";
    // The specification of base directories has relative paths ignored.
    if (!folder.is_absolute()) folder = home && *home ? std::filesystem::path(home) / ".cache" : "";
    if (folder.empty()) return "";
    return (folder / "rwkvk" / kind / name).string();
}

}  // namespace rwkvk
