#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "host/file_calls.h"

namespace rwkvk {
namespace {

/// Makes a rename itself last. Some file systems cannot; the name then leads to one whole file or the other.
void sync_folder(const std::filesystem::path& folder) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    ::fsync(fd);
    ::close(fd);
}

}  // namespace

int create_file(const std::filesystem::path& path) {
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

bool sync_file(int fd) { return ::fsync(fd) == 0; }

std::error_code move_over(const std::filesystem::path& from, const std::filesystem::path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) return {errno, std::generic_category()};
    sync_folder(to.parent_path());
    return {};
}

}  // namespace rwkvk
