#include "locked_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "ids.h"
#include "store.h"

namespace rwkvk::server {
namespace {

[[noreturn]] void fail(const std::string& path, const char* doing) {
    throw StoreError("store: " + path + ": " + doing + ": " + std::strerror(errno));
}

/// Closes it, whatever happens.
class File {
  public:
    File(const std::string& path, int flags) : number_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
    ~File() {
        if (number_ >= 0) close(number_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int number() const { return number_; }

  private:
    const int number_;
};

void write_all(int file, const std::string& text, const std::string& path) {
    for (size_t done = 0; done < text.size();) {
        const ssize_t written = write(file, text.data() + done, text.size() - done);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail(path, "cannot be written");
        done += static_cast<size_t>(written);
    }
}

std::string read_all(int file, size_t most_bytes, const std::string& path) {
    std::string text;
    char part[65536];
    for (;;) {
        const ssize_t got = read(file, part, sizeof part);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail(path, "cannot be read");
        if (got == 0) return text;
        text.append(part, static_cast<size_t>(got));
        if (text.size() > most_bytes)
            throw DamagedError(path + ": more than " + std::to_string(most_bytes) + " bytes");
    }
}

/// A name in a folder lasts when the folder is on the disk.
void sync_folder_of(const std::string& path) {
    const File folder(path.substr(0, path.rfind('/')), O_RDONLY | O_DIRECTORY);
    if (folder.number() < 0 || fsync(folder.number()) != 0) fail(path, "its folder cannot be synchronised");
}

}  // namespace

LockedFile::LockedFile(std::string path) : path_(std::move(path)) {
    do {
        if (file_ >= 0) close(file_);
        file_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (file_ < 0) fail(path_, "cannot be opened");
        while (flock(file_, LOCK_EX) != 0) {
            if (errno == EINTR) continue;
            close(file_);
            fail(path_, "cannot be locked");
        }
    } while (!is_still_there());  // else its holder removed it while this one waited
}

LockedFile::~LockedFile() { close(file_); }

bool LockedFile::is_still_there() const {
    struct stat here {
    }, there{};
    return fstat(file_, &here) == 0 && stat(path_.c_str(), &there) == 0 && here.st_ino == there.st_ino &&
           here.st_dev == there.st_dev;
}

std::string LockedFile::words() const {
    if (lseek(file_, 0, SEEK_SET) < 0) fail(path_, "cannot be read");
    return read_all(file_, 4096, path_);
}

void LockedFile::set_words(const std::string& words) {
    if (lseek(file_, 0, SEEK_SET) < 0 || ftruncate(file_, 0) != 0) fail(path_, "cannot be written");
    write_all(file_, words, path_);
}

void LockedFile::remove() { unlink(path_.c_str()); }

std::optional<std::string> read_stored_file(const std::string& path, size_t most_bytes) {
    const File file(path, O_RDONLY);
    if (file.number() < 0) {
        if (errno == ENOENT) return std::nullopt;
        fail(path, "cannot be opened");
    }
    return read_all(file.number(), most_bytes, path);
}

void replace_stored_file(const std::string& path, const std::string& text) {
    const std::string temporary = path + "." + random_name();
    try {
        const File file(temporary, O_WRONLY | O_CREAT | O_EXCL);
        if (file.number() < 0) fail(temporary, "cannot be made");
        write_all(file.number(), text, temporary);
        if (fsync(file.number()) != 0) fail(temporary, "cannot be written");
        if (rename(temporary.c_str(), path.c_str()) != 0) fail(path, "cannot be replaced");
    } catch (const StoreError&) {
        unlink(temporary.c_str());
        throw;
    }
    sync_folder_of(path);
}

void make_folder(const std::string& path) {
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) fail(path, "cannot be made");
}

}  // namespace rwkvk::server
