#include "folders.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace rwkvk::desktop {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const char* variable, const char* below_home) {
    // The specification has relative paths passed over.
    const char* const named = std::getenv(variable);
    if (named && fs::path(named).is_absolute()) return fs::path(named) / "rwkvk";
    const char* const home = std::getenv("HOME");
    return fs::path(home && *home ? home : ".") / below_home / "rwkvk";
}

[[noreturn]] void fail(const fs::path& path, const char* what) {
    throw std::runtime_error(path.string() + ": " + what + ": " + std::strerror(errno));
}

}  // namespace

fs::path data_folder() { return folder_of("XDG_DATA_HOME", ".local/share"); }
fs::path config_folder() { return folder_of("XDG_CONFIG_HOME", ".config"); }

std::string read_whole(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) fail(path, "cannot be opened");
    std::ostringstream text;
    text << file.rdbuf();
    if (file.bad()) fail(path, "cannot be read");
    return text.str();
}

void write_whole(const fs::path& path, const std::string& text) {
    std::error_code ignored;
    fs::create_directories(path.parent_path(), ignored);
    const fs::path unfinished = path.string() + ".new";
    std::ofstream file(unfinished, std::ios::binary);
    if (!file) fail(unfinished, "cannot be written");
    file << text;
    file.close();
    if (!file) fail(unfinished, "cannot be written");
    std::error_code failure;
    fs::rename(unfinished, path, failure);
    if (failure) throw std::runtime_error(path.string() + ": cannot be replaced: " + failure.message());
}

}  // namespace rwkvk::desktop
