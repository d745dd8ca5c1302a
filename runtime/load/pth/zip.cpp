#include "runtime/load/pth/zip.h"

#include <algorithm>

// Layouts: PKWARE APPNOTE 6.3, sections 4.3.7 (local header), 4.3.12 (directory), 4.3.14-16 (end records).
namespace rwkvk::load {
namespace {

constexpr uint32_t local_signature = 0x04034b50;
constexpr uint32_t entry_signature = 0x02014b50;
constexpr uint32_t end_signature = 0x06054b50;
constexpr uint32_t zip64_end_signature = 0x06064b50;
constexpr uint32_t zip64_locator_signature = 0x07064b50;
constexpr uint64_t local_header_bytes = 30;
constexpr uint64_t entry_bytes = 46;
constexpr uint64_t end_record_bytes = 22;
constexpr uint64_t zip64_locator_bytes = 20;
constexpr uint64_t longest_comment = 0xffff;
constexpr uint16_t zip64_extra_id = 1;

uint32_t word_at(std::span<const std::byte> file, uint64_t offset) {
    uint32_t word;
    std::memcpy(&word, file.data() + offset, sizeof word);
    return word;
}

// A 32-bit field of all ones says that the ZIP64 field counts; any other value must agree with it.
void replace(uint64_t& value, uint64_t all_ones, uint64_t by, const std::string& where) {
    if (value != all_ones && value != by) {
        throw damaged(where, concat("its ZIP64 record says ", by, " where the plain record says ", value));
    }
    value = by;
}

struct Entry {
    ZipMember member;
    uint64_t stored_bytes = 0;  // the compressed size
    std::span<const std::byte> extra;
};

Entry read_entry(ByteReader& in) {
    if (in.read<uint32_t>("entry signature") != entry_signature) {
        throw damaged(in.where(), concat("no entry at byte ", in.position() - 4));
    }
    in.take(4, "versions");
    Entry entry;
    entry.member.flags = in.read<uint16_t>("flags");
    entry.member.method = in.read<uint16_t>("method");
    in.take(8, "time and checksum");
    entry.stored_bytes = in.read<uint32_t>("compressed size");
    entry.member.size_bytes = in.read<uint32_t>("size");
    const auto name_bytes = in.read<uint16_t>("name length");
    const auto extra_bytes = in.read<uint16_t>("extra length");
    const auto comment_bytes = in.read<uint16_t>("comment length");
    in.take(8, "disk and attributes");
    entry.member.header = in.read<uint32_t>("offset");
    entry.member.name = in.take_text(name_bytes, "name");
    entry.extra = in.take(extra_bytes, "extra fields");
    in.take(comment_bytes, "comment");
    return entry;
}

// The ZIP64 field holds only those values whose 32-bit field is all ones, in this order.
void apply_zip64_extra(Entry& entry, const std::string& where) {
    ByteReader extra(entry.extra, concat(where, ": extra field of ", quote(entry.member.name)));
    while (extra.left() >= 4) {
        const auto id = extra.read<uint16_t>("id");
        const auto size = extra.read<uint16_t>("size");
        const auto body = extra.take(size, "contents");
        if (id != zip64_extra_id) continue;
        ByteReader fields(body, extra.where());
        for (uint64_t* value : {&entry.member.size_bytes, &entry.stored_bytes, &entry.member.header}) {
            if (*value == 0xffffffff) *value = fields.read<uint64_t>("ZIP64 value");
        }
        return;
    }
}

}  // namespace

ZipArchive::ZipArchive(std::span<const std::byte> file, const std::string& path) : file_(file), path_(path) {
    const Directory directory = find_directory();
    read_members(directory);
    check_overlap(directory);
    std::ranges::sort(members_, {}, &ZipMember::name);
    const auto twin = std::ranges::adjacent_find(members_, {}, &ZipMember::name);
    if (twin != members_.end()) throw damaged(path_, concat("two zip members named ", quote(twin->name)));
}

uint64_t ZipArchive::find_end_record() const {
    if (file_.size() >= end_record_bytes) {
        const uint64_t last = file_.size() - end_record_bytes;
        const uint64_t first = last > longest_comment ? last - longest_comment : 0;
        for (uint64_t at = last + 1; at-- > first;) {
            if (word_at(file_, at) != end_signature) continue;
            // Its comment must reach exactly to the end, or the signature is part of something else.
            const uint64_t comment_bytes = word_at(file_, at + 18) >> 16;
            if (comment_bytes == last - at) return at;
        }
    }
    throw damaged(path_, "a zip archive without its end, where the directory is");
}

ZipArchive::Directory ZipArchive::find_directory() const {
    const uint64_t end_record = find_end_record();
    ByteReader in(file_, concat(path_, ": zip end record"));
    in.seek(end_record + 4);
    Directory directory{};
    const auto disks = in.read<uint32_t>("disk numbers");
    const auto entries_here = in.read<uint16_t>("entries on this disk");
    directory.entries = in.read<uint16_t>("entries");
    directory.size_bytes = in.read<uint32_t>("directory size");
    directory.offset = in.read<uint32_t>("directory offset");
    directory.end = end_record;
    if ((disks != 0 && disks != 0xffffffff) || entries_here != directory.entries) {
        throw Error(Code::unsupported, concat(path_, ": a zip archive in several parts: join them first"));
    }
    apply_zip64(end_record, directory);
    const auto end = checked_add(directory.offset, directory.size_bytes);
    if (!end || *end > directory.end) {
        throw damaged(in.where(), concat("the directory of ", directory.size_bytes, " bytes at ",
                                         directory.offset, " does not fit before byte ", directory.end));
    }
    return directory;
}

void ZipArchive::apply_zip64(uint64_t end_record, Directory& directory) const {
    if (end_record < zip64_locator_bytes) return;
    const uint64_t locator = end_record - zip64_locator_bytes;
    if (word_at(file_, locator) != zip64_locator_signature) return;
    ByteReader in(file_.first(locator), concat(path_, ": ZIP64 end record"));
    uint64_t record;
    std::memcpy(&record, file_.data() + locator + 8, sizeof record);
    in.seek(record);
    if (in.read<uint32_t>("signature") != zip64_end_signature) {
        throw damaged(in.where(), concat("not at byte ", record, ", where its locator points"));
    }
    in.take(12, "record size and versions");
    if (in.read<uint64_t>("disk numbers") != 0) {
        throw Error(Code::unsupported, concat(path_, ": a zip archive in several parts: join them first"));
    }
    in.take(8, "entries on this disk");
    replace(directory.entries, 0xffff, in.read<uint64_t>("entries"), in.where());
    replace(directory.size_bytes, 0xffffffff, in.read<uint64_t>("directory size"), in.where());
    replace(directory.offset, 0xffffffff, in.read<uint64_t>("directory offset"), in.where());
    directory.end = record;
}

void ZipArchive::read_members(const Directory& directory) {
    ByteReader in(file_.subspan(directory.offset, directory.size_bytes), concat(path_, ": zip directory"));
    if (directory.entries > directory.size_bytes / entry_bytes) {
        throw damaged(in.where(),
                      concat(directory.entries, " entries do not fit into ", directory.size_bytes, " bytes"));
    }
    members_.reserve(directory.entries);
    for (uint64_t i = 0; i < directory.entries; ++i) {
        Entry entry = read_entry(in);
        apply_zip64_extra(entry, in.where());
        if (entry.member.method == 0 && entry.stored_bytes != entry.member.size_bytes) {
            throw damaged(in.where(), concat(quote(entry.member.name), " is stored in ", entry.stored_bytes,
                                             " bytes but holds ", entry.member.size_bytes));
        }
        // What lies in the file; differs from the contents only for members that data() refuses.
        entry.member.size_bytes = entry.stored_bytes;
        members_.push_back(entry.member);
    }
    if (in.left() != 0) throw damaged(in.where(), concat(in.left(), " bytes too long for its entries"));
}

// Two members in one place are how a small file claims to be a large one.
void ZipArchive::check_overlap(const Directory& directory) {
    std::ranges::sort(members_, {}, &ZipMember::header);
    uint64_t limit = directory.offset;
    for (size_t i = members_.size(); i-- > 0;) {
        ZipMember& member = members_[i];
        member.limit = limit;
        const auto before_data = checked_add(member.header, local_header_bytes + member.name.size());
        const auto end = before_data ? checked_add(*before_data, member.size_bytes) : std::nullopt;
        if (!end || *end > limit) {
            throw damaged(
                path_, concat("zip member ", quote(member.name), " of ", member.size_bytes, " bytes at ",
                              member.header, " reaches past byte ", limit, ", where the next part starts"));
        }
        limit = member.header;
    }
}

const ZipMember* ZipArchive::find(std::string_view name) const {
    const auto at = std::ranges::lower_bound(members_, name, {}, &ZipMember::name);
    return at != members_.end() && at->name == name ? &*at : nullptr;
}

std::span<const std::byte> ZipArchive::data(const ZipMember& member) const {
    constexpr uint16_t encrypted = 0x2041;  // bits 0, 6 and 13
    if (member.method != 0 || (member.flags & encrypted) != 0) {
        throw Error(Code::unsupported,
                    concat(path_, ": zip member ", quote(member.name),
                           " is compressed or encrypted, expected it stored: save the model again"));
    }
    ByteReader in(file_.first(member.limit), concat(path_, ": zip member ", quote(member.name)));
    in.seek(member.header);
    if (in.read<uint32_t>("signature") != local_signature) {
        throw damaged(in.where(), concat("no local header at byte ", member.header));
    }
    // Sizes here may be zero (they follow the data), but the lengths count: padding differs from the
    // directory's.
    in.take(22, "local header");
    const auto name_bytes = in.read<uint16_t>("name length");
    const auto extra_bytes = in.read<uint16_t>("extra length");
    if (in.take_text(name_bytes, "name") != member.name) {
        throw damaged(in.where(), "its local header has another name than the directory");
    }
    in.take(extra_bytes, "extra fields");
    return in.take(member.size_bytes, "contents");
}

}  // namespace rwkvk::load
