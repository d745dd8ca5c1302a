#include "host/cache_folder.h"

#include <cstdlib>
#include <filesystem>

namespace rwkvk {
namespace {

/// What the variable names, or a folder below the user's home; empty when there is neither.
std::filesystem::path base_folder(const char* variable, const char* below_home) {
    const char* given = std::getenv(variable);
    const char* home = std::getenv("HOME");
    const std::filesystem::path folder = given ? given : "";
    // The specification of base directories has relative paths ignored.
    if (folder.is_absolute()) return folder;
    return home && *home ? std::filesystem::path(home) / below_home : std::filesystem::path();
}

}  // namespace

std::string cache_path(const std::string& kind, const std::string& name) {
    const auto folder = base_folder("XDG_CACHE_HOME", ".cache");
    return folder.empty() ? "" : (folder / "rwkvk" / kind / name).string();
}

std::string data_folder() {
    const auto folder = base_folder("XDG_DATA_HOME", ".local/share");
    return folder.empty() ? "" : (folder / "rwkvk").string();
}

}  // namespace rwkvk
