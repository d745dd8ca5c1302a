#include "host/replaced_file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "host/error.h"
#include "host/file_calls.h"
#include "host/paths.h"

namespace rwkvk {
namespace {

/// What the name leads to, through links. Devices and folders are refused: renaming would replace them.
std::filesystem::path resolved(const std::string& path) {
    std::error_code error;
    const auto target = std::filesystem::weakly_canonical(to_path(path), error);
    if (error) throw Error(Code::io, concat(path, ": cannot be written: ", error.message()));
    const auto status = std::filesystem::status(target, error);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        throw Error(Code::io, concat(path, ": cannot be written: not a regular file"));
    }
    return target;
}

}  // namespace

ReplacedFile::ReplacedFile(const std::string& path) : target_(resolved(path)) {
    // A crashed process of the same number may have left its file.
    for (int attempt = 0; fd_ < 0 && attempt < 100; ++attempt) {
        temporary_ = target_;
        temporary_ += concat(".", ::getpid(), "-", attempt, ".part");
        fd_ = create_file(temporary_);
        if (fd_ < 0 && errno != EEXIST) break;
    }
    if (fd_ < 0) fail("cannot be created");
}

ReplacedFile::~ReplacedFile() {
    if (fd_ >= 0) ::close(fd_);
    std::error_code ignored;
    if (!temporary_.empty()) std::filesystem::remove(temporary_, ignored);
}

void ReplacedFile::write(std::span<const std::byte> bytes) {
    constexpr size_t most = 1 << 30;  // Windows counts in 32 bits
    while (!bytes.empty()) {
        const auto size = static_cast<unsigned>(std::min(bytes.size(), most));
        const auto written = ::write(fd_, bytes.data(), size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail("cannot be written");
        bytes = bytes.subspan(static_cast<size_t>(written));
    }
}

void ReplacedFile::finish() {
    if (!sync_file(fd_)) fail("cannot be written");
    const int fd = std::exchange(fd_, -1);
    if (::close(fd) != 0) fail("cannot be written");
    if (const std::error_code error = move_over(temporary_, target_)) fail("cannot be replaced", error);
    temporary_.clear();
}

void ReplacedFile::fail(const char* what) const { fail(what, {errno, std::generic_category()}); }

void ReplacedFile::fail(const char* what, std::error_code reason) const {
    throw Error(Code::io, concat(target_.string(), ": ", what, ": ", reason.message()));
}

}  // namespace rwkvk
