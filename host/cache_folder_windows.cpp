#include <cstdlib>
#include <filesystem>

#include "host/cache_folder.h"

namespace rwkvk {
namespace {

/// Below the folder of programs' data that stay on this machine.
std::string own_folder(const char* name) {
    const wchar_t* value = ::_wgetenv(L"LOCALAPPDATA");
    const std::filesystem::path home(value ? value : L"");
    return home.is_absolute() ? (home / name).string() : "";
}

}  // namespace

std::string cache_folder() { return own_folder("rwkvk/cache"); }

std::string data_folder() { return own_folder("rwkvk"); }

}  // namespace rwkvk
