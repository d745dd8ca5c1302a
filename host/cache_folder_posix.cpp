#include <cstdlib>
#include <filesystem>

#include "host/cache_folder.h"

namespace rwkvk {
namespace {

/// This program's folder in the one that the variable names, or in one below the user's home; empty when
/// there is neither.
std::string own_folder(const char* variable, const char* below_home) {
    const auto folder_in = [](const char* name) {
        const char* value = std::getenv(name);
        return std::filesystem::path(value ? value : "");
    };
    // The specification of base directories has relative paths ignored.
    if (const auto given = folder_in(variable); given.is_absolute()) return (given / "rwkvk").string();
    const auto home = folder_in("HOME");
    return home.is_absolute() ? (home / below_home / "rwkvk").string() : "";
}

}  // namespace

std::string cache_folder() { return own_folder("XDG_CACHE_HOME", ".cache"); }

std::string data_folder() { return own_folder("XDG_DATA_HOME", ".local/share"); }

}  // namespace rwkvk
