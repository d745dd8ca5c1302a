#include "state_files.h"

#include <algorithm>
#include <system_error>

namespace rwkvk::desktop {
namespace {

namespace fs = std::filesystem;

constexpr const char* extension = ".safetensors";
constexpr const char* not_in_names = "/\\:*?\"<>|.";

/// What every file system takes as a name.
std::string file_name_of(std::string name) {
    for (char& c : name)
        if (static_cast<unsigned char>(c) < ' ' || std::string(not_in_names).find(c) != std::string::npos)
            c = '_';
    name.erase(name.find_last_not_of("_ ") + 1);
    return name.empty() ? "state" : name;
}

fs::file_time_type time_of(const fs::path& path) {
    std::error_code none;
    return fs::last_write_time(path, none);
}

}  // namespace

fs::path new_state_file(const fs::path& folder, const std::string& name) {
    const std::string base = file_name_of(name);
    std::error_code none;
    fs::path path = folder / (base + extension);
    for (int i = 2; fs::exists(path, none); ++i) path = folder / (base + " " + std::to_string(i) + extension);
    return path;
}

std::vector<fs::path> state_files(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code none;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, none))
        if (entry.path().extension() == extension) files.push_back(entry.path());
    std::sort(files.begin(), files.end(),
              [](const fs::path& a, const fs::path& b) { return time_of(a) > time_of(b); });
    return files;
}

}  // namespace rwkvk::desktop
