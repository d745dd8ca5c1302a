#pragma once

#include <sys/types.h>

#include <compare>
#include <cstddef>
#include <filesystem>
#include <span>

namespace rwkvk {

/// Which file it is, whatever its name.
struct FileIdentity {
    dev_t device;
    ino_t number;
    auto operator<=>(const FileIdentity&) const = default;
};

/// A whole file mapped read-only. Pages are read when touched and can be dropped by the system at any time.
class MappedFile {
  public:
    /// Errors: Code::io when the file cannot be opened, is not a regular file or cannot be mapped.
    explicit MappedFile(const std::filesystem::path& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::span<const std::byte> bytes() const { return {data_, size_}; }

  private:
    std::filesystem::path path_;
    const std::byte* data_ = nullptr;
    size_t size_ = 0;
    FileIdentity identity_{};
};

/// Whether a MappedFile of this process is of the file that the path leads to, by this name or another.
bool is_mapped(const std::filesystem::path& path);

}  // namespace rwkvk
