#include "host/replaced_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "host/error.h"

namespace rwkvk {
namespace {

/// What the name leads to, through links. Devices and folders are refused: renaming would replace them.
std::filesystem::path resolved(const std::string& path) {
    std::error_code error;
    const auto target = std::filesystem::weakly_canonical(path, error);
    if (error) throw Error(Code::io, concat(path, ": cannot be written: ", error.message()));
    const auto status = std::filesystem::status(target, error);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        throw Error(Code::io, concat(path, ": cannot be written: not a regular file"));
    }
    return target;
}

/// Makes the rename itself last. Some file systems cannot; the name then leads to one whole file or the
/// other.
void sync_folder(const std::filesystem::path& folder) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    ::fsync(fd);
    ::close(fd);
}

}  // namespace

ReplacedFile::ReplacedFile(const std::string& path) : target_(resolved(path)) {
    // A crashed process of the same number may have left its file.
    for (int attempt = 0; fd_ < 0 && attempt < 100; ++attempt) {
        temporary_ = concat(target_.string(), ".", ::getpid(), "-", attempt, ".part");
        fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd_ < 0 && errno != EEXIST) break;
    }
    if (fd_ < 0) fail("cannot be created");
}

ReplacedFile::~ReplacedFile() {
    if (fd_ >= 0) ::close(fd_);
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void ReplacedFile::write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail("cannot be written");
        bytes = bytes.subspan(static_cast<size_t>(written));
    }
}

void ReplacedFile::finish() {
    if (::fsync(fd_) != 0) fail("cannot be written");
    const int fd = std::exchange(fd_, -1);
    if (::close(fd) != 0) fail("cannot be written");
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot be replaced");
    temporary_.clear();
    sync_folder(target_.parent_path());
}

void ReplacedFile::fail(const char* what) const {
    const int reason = errno;
    throw Error(Code::io, concat(target_.string(), ": ", what, ": ", std::strerror(reason)));
}

}  // namespace rwkvk
