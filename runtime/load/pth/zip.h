#pragma once
// Zip archives as PyTorch writes them: members stored without compression, found through the central
// directory.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/load/bytes.h"

namespace rwkvk::load {

struct ZipMember {
    std::string_view name;
    uint64_t header = 0;  // offset of its local header
    uint64_t size_bytes = 0;
    uint64_t limit = 0;   // offset its data may not pass: the next member or the directory
    uint16_t method = 0;  // 0 = stored
    uint16_t flags = 0;
};

/// The directory of an archive that the caller keeps mapped. Opening it reads no local header.
class ZipArchive {
  public:
    /// Errors: Code::bad_file when there is no whole directory, or members overlap or have the same name.
    ZipArchive(std::span<const std::byte> file, const std::string& path);

    /// Sorted by name.
    std::span<const ZipMember> members() const { return members_; }
    /// Null when there is none.
    const ZipMember* find(std::string_view name) const;
    /// The member's contents, in the mapping; not aligned to anything.
    /// Errors: Code::unsupported if compressed or encrypted; Code::bad_file if not inside its place.
    std::span<const std::byte> data(const ZipMember& member) const;

  private:
    struct Directory {
        uint64_t entries;
        uint64_t size_bytes;
        uint64_t offset;
        uint64_t end;  // where the directory must have ended
    };
    Directory find_directory() const;
    uint64_t find_end_record() const;
    void apply_zip64(uint64_t end_record, Directory& directory) const;
    void read_members(const Directory& directory);
    void check_overlap(const Directory& directory);

    std::span<const std::byte> file_;
    std::string path_;
    std::vector<ZipMember> members_;
};

}  // namespace rwkvk::load
