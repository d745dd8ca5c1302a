#include "host/vk/pipeline_file.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "host/cache_folder.h"
#include "host/error.h"
#include "host/hash.h"
#include "host/log.h"
#include "host/paths.h"
#include "host/vk/api.h"

namespace rwkvk::vk {
namespace {

constexpr uint64_t magic = 0x657069706b767772;  // "rwvkpipe" in little-endian order
constexpr uint64_t version = 1;
constexpr size_t most_files = 16;

/// Before the driver's bytes; the same machine writes and reads it.
struct Header {
    uint64_t magic, version, key, length, hash;
};

/// The header of VK_PIPELINE_CACHE_HEADER_VERSION_ONE, which Vulkan fixes byte by byte.
struct DriverHeader {
    uint32_t length, version, vendor_id, device_id;
    uint8_t uuid[VK_UUID_SIZE];
};
static_assert(sizeof(DriverHeader) == 32);

std::vector<std::byte> read_whole(const std::string& path) {
    std::error_code error;
    const uint64_t size = std::filesystem::file_size(to_path(path), error);
    if (error || size < sizeof(Header) || size > sizeof(Header) + most_pipeline_bytes) return {};
    std::vector<std::byte> bytes(size);
    std::ifstream file(to_path(path), std::ios::binary);
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
    return file ? bytes : std::vector<std::byte>{};
}

/// Removes all but the newest files. Other processes may do the same at the same time.
void leave_newest(const std::filesystem::path& folder) {
    std::vector<std::pair<std::filesystem::file_time_type, std::filesystem::path>> files;
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
         at.increment(error)) {
        std::error_code gone;
        const auto time = at->last_write_time(gone);
        if (!gone && at->is_regular_file(gone)) files.emplace_back(time, at->path());
    }
    std::sort(files.rbegin(), files.rend());
    for (size_t i = most_files; i < files.size(); ++i) std::filesystem::remove(files[i].second, error);
}

}  // namespace

bool pipelines_fit(std::span<const std::byte> data, const DeviceFacts& facts) {
    DriverHeader header;
    if (data.size() <= sizeof header) return false;
    std::memcpy(&header, data.data(), sizeof header);
    return header.length >= sizeof header && header.length <= data.size() &&
           header.version == VK_PIPELINE_CACHE_HEADER_VERSION_ONE && header.vendor_id == facts.vendor_id &&
           header.device_id == facts.device_id &&
           std::memcmp(header.uuid, facts.pipeline_cache_uuid.data(), sizeof header.uuid) == 0;
}

std::vector<std::byte> read_pipelines(const std::string& path, uint64_t key, const DeviceFacts& facts) {
    if (path.empty()) return {};
    std::vector<std::byte> bytes = read_whole(path);
    if (bytes.empty()) return {};
    Header header;
    std::memcpy(&header, bytes.data(), sizeof header);
    bytes.erase(bytes.begin(), bytes.begin() + sizeof header);
    const bool ours = header.magic == magic && header.version == version && header.key == key;
    if (ours && header.length == bytes.size() && header.hash == hash_of(bytes) && pipelines_fit(bytes, facts))
        return bytes;
    log(LogLevel::info, concat(path, ": damaged or of another driver or program; ignored"));
    return {};
}

bool write_pipelines(const std::string& path, uint64_t key, std::span<const std::byte> data) {
    if (path.empty() || data.size() > most_pipeline_bytes) return false;
    const Header header{magic, version, key, data.size(), hash_of(data)};
    if (!keep(path, {std::as_bytes(std::span(&header, 1)), data}, "compiled pipelines are")) return false;
    leave_newest(to_path(path).parent_path());
    return true;
}

}  // namespace rwkvk::vk
