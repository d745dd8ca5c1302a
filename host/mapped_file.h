#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace rwkvk {

/// Which file it is, whatever its name.
struct FileIdentity {
    uint64_t device, number;
    auto operator<=>(const FileIdentity&) const = default;
};

/// A whole file mapped read-only. Pages are read when touched and can be dropped by the system at any time.
class MappedFile {
  public:
    /// Errors: Code::io when the file cannot be opened, is not a regular file or cannot be mapped.
    explicit MappedFile(const std::string& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    const std::string& path() const { return path_; }
    std::span<const std::byte> bytes() const { return {data_, size_}; }

  private:
    void map();
    void unmap();

    std::string path_;
    const std::byte* data_ = nullptr;
    size_t size_ = 0;
    FileIdentity identity_{};
};

/// Of the file that the path leads to, where there is one.
std::optional<FileIdentity> identity_of(const std::string& path);

/// Whether a MappedFile of this process is of the file that the path leads to, by this name or another.
bool is_mapped(const std::string& path);

}  // namespace rwkvk
