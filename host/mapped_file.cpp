#include "host/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "host/error.h"

namespace rwkvk {
namespace {

struct FileDescriptor {
    int fd;
    ~FileDescriptor() {
        if (fd >= 0) ::close(fd);
    }
};

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) : path_(path) {
    const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (file.fd < 0) throw Error(Code::io, concat(path.string(), ": cannot open: ", std::strerror(errno)));
    struct stat status {};
    if (::fstat(file.fd, &status) != 0) {
        throw Error(Code::io, concat(path.string(), ": cannot read its size: ", std::strerror(errno)));
    }
    if (!S_ISREG(status.st_mode)) throw Error(Code::io, concat(path.string(), ": not a regular file"));
    size_ = static_cast<size_t>(status.st_size);
    if (size_ == 0) return;
    void* address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.fd, 0);
    if (address == MAP_FAILED) {
        throw Error(Code::io, concat(path.string(), ": cannot map ", size_, " bytes: ", std::strerror(errno)));
    }
    data_ = static_cast<const std::byte*>(address);
}

MappedFile::~MappedFile() {
    if (data_) ::munmap(const_cast<std::byte*>(data_), size_);
}

}  // namespace rwkvk
