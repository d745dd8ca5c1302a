#include "host/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <set>

#include "host/error.h"

namespace rwkvk {
namespace {

struct FileDescriptor {
    int fd;
    ~FileDescriptor() {
        if (fd >= 0) ::close(fd);
    }
};

/// The files that are mapped now.
struct Register {
    std::mutex mutex;
    std::multiset<FileIdentity> files;
};

Register& mapped_now() {
    static auto& list = *new Register;  // outlives whatever is mapped until the end
    return list;
}

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
    identity_ = {status.st_dev, status.st_ino};
    if (size_ == 0) return;
    void* address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.fd, 0);
    if (address == MAP_FAILED) {
        throw Error(Code::io, concat(path.string(), ": cannot map ", size_, " bytes: ", std::strerror(errno)));
    }
    data_ = static_cast<const std::byte*>(address);
    const std::lock_guard lock(mapped_now().mutex);
    mapped_now().files.insert(identity_);
}

MappedFile::~MappedFile() {
    if (!data_) return;
    ::munmap(const_cast<std::byte*>(data_), size_);
    const std::lock_guard lock(mapped_now().mutex);
    mapped_now().files.erase(mapped_now().files.find(identity_));
}

bool is_mapped(const std::filesystem::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return false;
    const std::lock_guard lock(mapped_now().mutex);
    return mapped_now().files.contains({status.st_dev, status.st_ino});
}

}  // namespace rwkvk
