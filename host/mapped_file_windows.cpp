#include "host/error.h"
#include "host/mapped_file.h"
#include "host/paths.h"
#include "host/windows_api.h"

namespace rwkvk {
namespace {

/// Of a file or a mapping. A view that was made of them stays after them.
struct OwnHandle {
    HANDLE handle;
    ~OwnHandle() {
        if (is_open()) ::CloseHandle(handle);
    }
    bool is_open() const { return handle && handle != INVALID_HANDLE_VALUE; }
};

OwnHandle open_file(const std::string& path, DWORD access) {
    constexpr DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    // The flag is for folders, which are told from what does not exist.
    return {::CreateFileW(to_path(path).c_str(), access, share, nullptr, OPEN_EXISTING,
                          FILE_FLAG_BACKUP_SEMANTICS, nullptr)};
}

uint64_t join(DWORD high, DWORD low) { return uint64_t{high} << 32 | low; }

FileIdentity identity_in(const BY_HANDLE_FILE_INFORMATION& facts) {
    return {facts.dwVolumeSerialNumber, join(facts.nFileIndexHigh, facts.nFileIndexLow)};
}

}  // namespace

void MappedFile::map() {
    const auto fail = [&](const auto&... what) {
        throw Error(Code::io, concat(path_, ": ", what..., ": ", last_error().message()));
    };
    const OwnHandle file = open_file(path_, GENERIC_READ);
    if (!file.is_open()) fail("cannot open");
    BY_HANDLE_FILE_INFORMATION facts{};
    const bool on_disk = ::GetFileType(file.handle) == FILE_TYPE_DISK;
    if (on_disk && !::GetFileInformationByHandle(file.handle, &facts)) fail("cannot read its size");
    if (!on_disk || (facts.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
        throw Error(Code::io, concat(path_, ": not a regular file"));
    }
    size_ = join(facts.nFileSizeHigh, facts.nFileSizeLow);
    identity_ = identity_in(facts);
    if (size_ == 0) return;
    const OwnHandle mapping{::CreateFileMappingW(file.handle, nullptr, PAGE_READONLY, 0, 0, nullptr)};
    if (mapping.is_open())
        data_ = static_cast<const std::byte*>(::MapViewOfFile(mapping.handle, FILE_MAP_READ, 0, 0, 0));
    if (!data_) fail("cannot map ", size_, " bytes");
}

void MappedFile::unmap() { ::UnmapViewOfFile(data_); }

std::optional<FileIdentity> identity_of(const std::string& path) {
    const OwnHandle file = open_file(path, 0);
    BY_HANDLE_FILE_INFORMATION facts{};
    if (!file.is_open() || !::GetFileInformationByHandle(file.handle, &facts)) return std::nullopt;
    return identity_in(facts);
}

}  // namespace rwkvk
