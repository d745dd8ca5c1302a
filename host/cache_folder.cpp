#include "host/cache_folder.h"

#include <cstdlib>
#include <filesystem>

namespace rwkvk {
namespace {

/// This program's folder in the one that the variable names, or in one below the user's home; empty when
/// there is neither.
std::string own_folder(const char* variable, const char* below_home) {
    const char* given = std::getenv(variable);
    const char* home = std::getenv("HOME");
    const std::filesystem::path folder = given ? given : "";
    // The specification of base directories has relative paths ignored.
    if (folder.is_absolute()) return (folder / "rwkvk").string();
    return home && *home ? (std::filesystem::path(home) / below_home / "rwkvk").string() : "";
}

}  // namespace

std::string cache_folder() { return own_folder("XDG_CACHE_HOME", ".cache"); }

std::string data_folder() { return own_folder("XDG_DATA_HOME", ".local/share"); }

}  // namespace rwkvk
