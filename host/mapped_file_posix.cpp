#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "host/error.h"
#include "host/mapped_file.h"

namespace rwkvk {
namespace {

struct FileDescriptor {
    int fd;
    ~FileDescriptor() {
        if (fd >= 0) ::close(fd);
    }
};

FileIdentity identity_in(const struct stat& status) {
    return {static_cast<uint64_t>(status.st_dev), status.st_ino};  // macOS counts devices in an int
}

}  // namespace

void MappedFile::map() {
    const FileDescriptor file{::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (file.fd < 0) throw Error(Code::io, concat(path_, ": cannot open: ", std::strerror(errno)));
    struct stat status {};
    if (::fstat(file.fd, &status) != 0) {
        throw Error(Code::io, concat(path_, ": cannot read its size: ", std::strerror(errno)));
    }
    if (!S_ISREG(status.st_mode)) throw Error(Code::io, concat(path_, ": not a regular file"));
    size_ = static_cast<size_t>(status.st_size);
    identity_ = identity_in(status);
    if (size_ == 0) return;
    void* address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.fd, 0);
    if (address == MAP_FAILED) {
        throw Error(Code::io, concat(path_, ": cannot map ", size_, " bytes: ", std::strerror(errno)));
    }
    data_ = static_cast<const std::byte*>(address);
}

void MappedFile::unmap() { ::munmap(const_cast<std::byte*>(data_), size_); }

std::optional<FileIdentity> identity_of(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return std::nullopt;
    return identity_in(status);
}

}  // namespace rwkvk
