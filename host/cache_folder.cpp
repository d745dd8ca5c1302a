#include "host/cache_folder.h"

#include <cstdlib>
#include <filesystem>

#include "host/error.h"
#include "host/log.h"
#include "host/replaced_file.h"

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

bool keep(const std::string& path, std::initializer_list<std::span<const std::byte>> parts,
          const char* what) {
    if (path.empty()) return false;
    try {
        std::error_code ignored;  // what matters shows when the file is opened
        std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
        ReplacedFile file(path);
        for (const std::span<const std::byte> part : parts) file.write(part);
        file.finish();
        return true;
    } catch (const std::exception& error) {
        log(LogLevel::info, concat(what, " not kept: ", error.what()));
        return false;
    }
}

}  // namespace rwkvk
