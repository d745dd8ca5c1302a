#include "runtime/load/pth/pth_container.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/load/bytes.h"
#include "runtime/load/limits.h"
#include "runtime/load/pth/zip.h"

namespace rwkvk::load {
namespace {

// A pickle of the integer 0x1950a86a20f9469cfc6c.
constexpr std::string_view legacy_magic{"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e", 15};

Error big_endian(const std::string& path) {
    return Error(Code::unsupported,
                 concat(path, ": saved on a big-endian machine: save it again on another"));
}

// "<any root>/data.pkl" is the object; its siblings are named by the same root.
const ZipMember& object_member(const ZipArchive& archive, const std::string& path) {
    const auto is_object = [](const ZipMember& member) { return member.name.ends_with("/data.pkl"); };
    const auto members = archive.members();
    const auto found = std::ranges::find_if(members, is_object);
    if (found == members.end()) {
        throw Error(Code::bad_file,
                    concat(path, ": a zip archive, but not a PyTorch file: it has no data.pkl"));
    }
    if (std::ranges::count_if(members, is_object) != 1) throw damaged(path, "more than one data.pkl");
    return *found;
}

/// What all names of the archive begin with.
std::string root_of(const ZipMember& object) {
    return std::string(object.name.substr(0, object.name.size() - std::string_view("data.pkl").size()));
}

bool is_zip(std::string_view file) {
    return file.starts_with("PK\x03\x04") || file.starts_with("PK\x05\x06");
}

// A storage of a legacy file, in file order once its key was listed.
struct LegacyStorage {
    std::string_view key;
    DType dtype = DType::u8;
    bool listed = false;
    std::span<const std::byte> bytes;
};

// Sorted by key. The pickle names a storage each time a tensor uses it.
std::vector<LegacyStorage> named_storages(const Pickle& object, const std::string& where) {
    std::vector<LegacyStorage> storages;
    storages.reserve(object.storages.size());
    for (const uint32_t index : object.storages) {
        const StorageId id = storage_id(object.heap, index, where);
        storages.push_back({.key = id.key, .dtype = id.dtype, .bytes = {}});
    }
    std::ranges::sort(storages, {}, &LegacyStorage::key);
    const auto same_key = [](const auto& a, const auto& b) { return a.key == b.key; };
    for (size_t i = 1; i < storages.size(); ++i) {
        if (same_key(storages[i - 1], storages[i]) && storages[i - 1].dtype != storages[i].dtype) {
            throw damaged(where, concat("storage ", quote(storages[i].key), " has two element types"));
        }
    }
    storages.erase(std::unique(storages.begin(), storages.end(), same_key), storages.end());
    return storages;
}

LegacyStorage* find_storage(std::vector<LegacyStorage>& storages, std::string_view key) {
    const auto at = std::ranges::lower_bound(storages, key, {}, &LegacyStorage::key);
    return at != storages.end() && at->key == key ? &*at : nullptr;
}

// After the list of keys: for each, u64 element count and the elements.
void read_legacy_storages(ByteReader& in, const Pickle& keys, std::vector<LegacyStorage>& storages) {
    if (keys.root.kind != Kind::list) {
        throw damaged(in.where(), concat("expected a list of storages, found ", name_of(keys.root.kind)));
    }
    for (const auto* cell = keys.heap.first(keys.root.index); cell; cell = keys.heap.next(*cell)) {
        const std::string_view key = cell->value.kind == Kind::text ? cell->value.text() : "";
        LegacyStorage* storage = find_storage(storages, key);
        if (!storage || storage->listed) {
            throw damaged(in.where(),
                          concat("storage ", quote(key), " is listed but unused, or listed twice"));
        }
        const auto elements = in.read<uint64_t>("storage size");
        const auto size_bytes = checked_multiply(elements, bytes_of(storage->dtype));
        if (!size_bytes) throw damaged(in.where(), concat("a storage of ", elements, " elements"));
        storage->bytes = in.take(*size_bytes, "storage");
        storage->listed = true;
    }
}

// The second and third pickle: protocol version and the writer's machine.
void check_legacy_header(ByteReader& in, const std::string& path) {
    constexpr int64_t protocol = 1001;
    constexpr size_t enough_objects = 1000;
    const Pickle version = read_pickle(in, enough_objects);
    if (version.root.kind != Kind::integer || version.root.integer != protocol) {
        throw damaged(path, concat("expected legacy protocol ", protocol));
    }
    const Pickle machine = read_pickle(in, enough_objects);
    if (machine.root.kind != Kind::dict)
        throw damaged(path, "expected a description of the writer's machine");
    for (const auto* cell = machine.heap.first(machine.root.index); cell; cell = machine.heap.next(*cell)) {
        if (cell->key.kind != Kind::text || cell->key.text() != "little_endian") continue;
        if (cell->value.kind != Kind::boolean || cell->value.integer == 0) throw big_endian(path);
    }
}

}  // namespace

bool is_legacy_pth(std::span<const std::byte> file) { return as_text(file).starts_with(legacy_magic); }

bool is_pth(std::span<const std::byte> file) { return is_zip(as_text(file)) || is_legacy_pth(file); }

std::optional<std::string_view> find_pth_member(std::span<const std::byte> file, const std::string& path,
                                                std::string_view name) {
    if (!is_zip(as_text(file))) return std::nullopt;
    const ZipArchive archive(file, path);
    const ZipMember* const member = archive.find(concat(root_of(object_member(archive, path)), name));
    if (!member) return std::nullopt;
    return as_text(archive.data(*member));
}

PthContents open_zip_pth(std::span<const std::byte> file, const std::string& path) {
    auto archive = std::make_shared<const ZipArchive>(file, path);
    const ZipMember& object = object_member(*archive, path);
    const std::string root = root_of(object);
    const ZipMember* byte_order = archive->find(root + "byteorder");
    if (byte_order && as_text(archive->data(*byte_order)) != "little") throw big_endian(path);

    ByteReader in(archive->data(object), path + ": data.pkl");
    PthContents contents{.object = read_pickle(in, max_pickle_objects(file.size())), .storage = {}};
    contents.storage = [archive, root, path](std::string_view key) {
        const std::string name = concat(root, "data/", key.substr(0, max_name_bytes));
        const ZipMember* member = archive->find(name);
        if (!member) throw damaged(path, concat("zip member ", quote(name), " is missing"));
        return archive->data(*member);
    };
    return contents;
}

PthContents open_legacy_pth(std::span<const std::byte> file, const std::string& path) {
    ByteReader in(file, path);
    in.seek(legacy_magic.size());
    check_legacy_header(in, path);
    const size_t budget = max_pickle_objects(file.size());
    PthContents contents{.object = read_pickle(in, budget), .storage = {}};
    const Pickle keys = read_pickle(in, budget - contents.object.objects);
    auto storages = std::make_shared<std::vector<LegacyStorage>>(named_storages(contents.object, path));
    read_legacy_storages(in, keys, *storages);
    contents.storage = [storages, path](std::string_view key) {
        const LegacyStorage* storage = find_storage(*storages, key);
        if (!storage || !storage->listed)
            throw damaged(path, concat("storage ", quote(key), " is not in the file"));
        return storage->bytes;
    };
    return contents;
}

}  // namespace rwkvk::load
