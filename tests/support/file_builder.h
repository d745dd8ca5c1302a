#pragma once
// Model files put together by hand, right ones and wrong ones. Everything is bytes in a std::string.

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rwkvk::test {

/// The bytes of a number as they lie in memory.
template <typename T>
std::string le(T value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

inline std::span<const std::byte> as_bytes(std::string_view file) {
    return {reinterpret_cast<const std::byte*>(file.data()), file.size()};
}

/// Elements of a storage: start, start + 1, ...
template <typename T>
std::string ramp(size_t count, T start = T{0}) {
    std::string out;
    for (size_t i = 0; i < count; ++i) out += le(static_cast<T>(start + static_cast<T>(i)));
    return out;
}

/// Pieces of a pickle; each leaves one value on the stack.
namespace pickle {

inline std::string none() { return "N"; }

inline std::string concat(std::string_view value) {
    return "X" + le(static_cast<uint32_t>(value.size())) + std::string(value);
}

inline std::string integer(int64_t value) { return "\x8a\x08" + le(value); }

inline std::string global(std::string_view module, std::string_view name) {
    return "c" + std::string(module) + "\n" + std::string(name) + "\n";
}

inline std::string tuple(const std::vector<std::string>& items) {
    std::string out = "(";
    for (const auto& item : items) out += item;
    return out + "t";
}

inline std::string integers(const std::vector<int64_t>& values) {
    std::vector<std::string> items;
    for (const int64_t value : values) items.push_back(integer(value));
    return tuple(items);
}

using Entries = std::vector<std::pair<std::string, std::string>>;

inline std::string dict(const Entries& entries) {
    std::string out = "}(";
    for (const auto& [key, value] : entries) out += concat(key) + value;
    return out + "u";
}

inline std::string list(const std::vector<std::string>& items) {
    std::string out = "](";
    for (const auto& item : items) out += item;
    return out + "e";
}

inline std::string call(std::string_view module, std::string_view name,
                        const std::vector<std::string>& arguments) {
    return global(module, name) + tuple(arguments) + "R";
}

inline std::string storage_id(std::string_view type, std::string_view key, int64_t count) {
    return tuple({concat("storage"), global("torch", type), concat(key), concat("cpu"), integer(count)});
}

inline std::string storage(std::string_view type, std::string_view key, int64_t count) {
    return storage_id(type, key, count) + "Q";
}

struct Shape {
    std::vector<int64_t> size;
    std::vector<int64_t> stride;
    int64_t offset = 0;
};

inline std::string tensor(const std::string& storage_piece, const Shape& shape) {
    return call("torch._utils", "_rebuild_tensor_v2",
                {storage_piece, integer(shape.offset), integers(shape.size), integers(shape.stride), "\x89",
                 call("collections", "OrderedDict", {})});
}

/// A row-major f32 tensor that fills the storage `key`.
inline std::string tensor_f32(std::string_view key, const std::vector<int64_t>& size) {
    Shape shape{.size = size, .stride = std::vector<int64_t>(size.size(), 1)};
    for (size_t i = size.size(); i-- > 1;) shape.stride[i - 1] = shape.stride[i] * size[i];
    const int64_t count = size.empty() ? 1 : shape.stride[0] * size[0];
    return tensor(storage("FloatStorage", key, count), shape);
}

inline std::string whole(const std::string& object) { return "\x80\x02" + object + "."; }

}  // namespace pickle

struct ZipPart {
    std::string name;
    std::string data;
    uint16_t method = 0;
    uint16_t flags = 0x0808;
    std::optional<uint32_t> header_at = {};  // where the directory claims the member to be
    std::optional<uint32_t> size_claim = {};
    std::string extra = {};  // of the directory's entry
};

/// What the ZIP64 end record claims; absent values are true.
struct Zip64Claims {
    std::optional<uint64_t> record_at = {};
    std::optional<uint64_t> entries = {};
    std::optional<uint64_t> directory_bytes = {};
    std::optional<uint64_t> directory_at = {};
};

inline std::string zip_local_header(const ZipPart& part) {
    const std::string padding = "FB" + le(uint16_t{1}) + "Z";
    return "PK\x03\x04" + le(uint16_t{0}) + le(part.flags) + le(part.method) + std::string(16, '\0') +
           le(static_cast<uint16_t>(part.name.size())) + le(static_cast<uint16_t>(padding.size())) +
           part.name + padding;
}

inline std::string zip_entry(const ZipPart& part, uint32_t header_at) {
    const uint32_t size = part.size_claim.value_or(static_cast<uint32_t>(part.data.size()));
    return "PK\x01\x02" + std::string(4, '\0') + le(part.flags) + le(part.method) + std::string(8, '\0') +
           le(size) + le(size) + le(static_cast<uint16_t>(part.name.size())) +
           le(static_cast<uint16_t>(part.extra.size())) + std::string(10, '\0') +
           le(part.header_at.value_or(header_at)) + part.name + part.extra;
}

inline std::string zip(const std::vector<ZipPart>& parts, const Zip64Claims* zip64 = nullptr) {
    std::string out;
    std::string directory;
    for (const ZipPart& part : parts) {
        directory += zip_entry(part, static_cast<uint32_t>(out.size()));
        out += zip_local_header(part) + part.data;
    }
    const uint64_t directory_at = out.size();
    out += directory;
    if (zip64) {
        const uint64_t record_at = out.size();
        const uint64_t entries = zip64->entries.value_or(parts.size());
        out += "PK\x06\x06" + le(uint64_t{44}) + std::string(12, '\0') + le(entries) + le(entries) +
               le(zip64->directory_bytes.value_or(directory.size())) +
               le(zip64->directory_at.value_or(directory_at)) + "PK\x06\x07" + le(uint32_t{0}) +
               le(zip64->record_at.value_or(record_at)) + le(uint32_t{1});
    }
    const bool claims = zip64 && (zip64->entries || zip64->directory_bytes || zip64->directory_at);
    const auto entries = static_cast<uint16_t>(claims ? 0xffff : parts.size());
    const auto directory_bytes = static_cast<uint32_t>(claims ? 0xffffffff : directory.size());
    const auto offset = static_cast<uint32_t>(claims ? 0xffffffff : directory_at);
    return out + "PK\x05\x06" + le(uint32_t{0}) + le(entries) + le(entries) + le(directory_bytes) +
           le(offset) + le(uint16_t{0});
}

using Storages = std::vector<std::pair<std::string, std::string>>;  // key, bytes

inline std::vector<ZipPart> pth_parts(const std::string& pickle_bytes, const Storages& storages) {
    std::vector<ZipPart> parts = {{.name = "any/data.pkl", .data = pickle_bytes}};
    for (const auto& [key, data] : storages) parts.push_back({.name = "any/data/" + key, .data = data});
    parts.push_back({.name = "any/version", .data = "3\n"});
    return parts;
}

inline std::string pth(const std::string& object, const Storages& storages) {
    return zip(pth_parts(pickle::whole(object), storages));
}

/// The container before PyTorch 1.6; `keys` lists the storages in the order they follow.
inline std::string legacy_pth(const std::string& object, const std::string& keys,
                              const std::string& storages) {
    const std::string magic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e", 15);
    return magic + pickle::whole(pickle::integer(1001)) +
           pickle::whole("}" + pickle::concat("little_endian") + "\x88s") + pickle::whole(object) +
           pickle::whole(keys) + storages;
}

inline std::string rwkv_cpp_header(int32_t version = 101) {
    return le(uint32_t{0x67676d66}) + le(version) + le(int32_t{8}) + le(int32_t{4}) + le(int32_t{1}) +
           le(int32_t{0});
}

/// `dims` fastest first; `type` by rwkv.cpp's numbers.
inline std::string rwkv_cpp_tensor(std::string_view name, const std::vector<int32_t>& dims, int32_t type,
                                   const std::string& data) {
    std::string out =
        le(static_cast<int32_t>(dims.size())) + le(static_cast<int32_t>(name.size())) + le(type);
    for (const int32_t size : dims) out += le(size);
    return out + std::string(name) + data;
}

}  // namespace rwkvk::test
