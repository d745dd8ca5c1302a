#include "runtime/load/gguf/gguf_container.h"

#include <algorithm>
#include <bit>
#include <iterator>

#include "runtime/load/limits.h"

namespace rwkvk::load {
namespace {

constexpr uint32_t oldest_version = 2;
constexpr uint64_t max_alignment = 65536;
constexpr uint32_t max_gguf_dims = 4;
constexpr size_t least_description_bytes = 8 + 1 + 4 + 8 + 4 + 8;  // name, dimension count, one, type, offset

void check_version(const ByteReader& in, uint32_t version) {
    if (version >= oldest_version && version <= gguf_version) return;
    if (version == gguf_version << 24) {
        throw Error(Code::unsupported,
                    concat(in.where(), ": a big-endian GGUF file: convert it on a little-endian machine"));
    }
    throw Error(Code::unsupported,
                concat(in.where(), ": GGUF file version ", version, ", expected ", oldest_version, " or ",
                       gguf_version, ": convert the original model again"));
}

/// Where a file says that it stands in a split model; a whole one is the only part of itself.
GgufPart part_of(const GgufMetadata& metadata) {
    const GgufPart part{metadata.integer("split.no").value_or(0),
                        metadata.integer("split.count").value_or(1)};
    return part.count == 0 ? GgufPart{part.number, 1} : part;
}

void check_part(const GgufMetadata& metadata, const GgufPart& expected, const std::string& path) {
    const GgufPart part = part_of(metadata);
    if (part.number == expected.number && part.count == expected.count) return;
    if (expected.count == 1 && part.count > 1) {
        throw Error(Code::unsupported,
                    concat(path, ": one of ", part.count,
                           " parts of a split model: join them with 'llama-gguf-split --merge'"));
    }
    throw damaged(path, concat("expected part ", expected.number + 1, " of ", expected.count,
                               " of a split model, found part ", part.number + 1, " of ", part.count,
                               ": it is of another model"));
}

constexpr std::string_view model = "model", adapter = "adapter";

std::string_view type_of(const GgufMetadata& metadata) {
    return metadata.text("general.type").value_or(model);
}

void check_type(const GgufMetadata& metadata, std::string_view expected, const std::string& path) {
    const std::string_view type = type_of(metadata);
    if (type == expected) return;
    throw Error(Code::unsupported,
                concat(path, ": a GGUF file of type ", quote(type), ", expected ", quote(expected)));
}

std::string_view check_architecture(const GgufMetadata& metadata, const std::string& path) {
    const auto name = metadata.text("general.architecture");
    if (!name) throw damaged(path, "a GGUF file without 'general.architecture'");
    const GgufArchitecture* known = find_gguf_architecture(*name);
    if (!known) {
        throw Error(Code::unsupported,
                    concat(path, ": a GGUF of architecture ", quote(*name), ": rwkvk runs RWKV models"));
    }
    return known->name;
}

uint64_t alignment_of(const GgufMetadata& metadata, const std::string& path) {
    const uint64_t alignment = metadata.integer("general.alignment").value_or(gguf_default_alignment);
    if (std::has_single_bit(alignment) && alignment <= max_alignment) return alignment;
    throw damaged(path,
                  concat("an alignment of ", alignment, ", expected a power of two up to ", max_alignment));
}

/// What a file says about a tensor.
struct Description {
    GgufTensor tensor;
    uint64_t offset = 0;  // from the start of the data
    uint64_t size_bytes = 0;
};

std::vector<uint64_t> read_shape(ByteReader& in, const std::string& where) {
    const auto dims = in.read<uint32_t>("dimension count");
    if (dims < 1 || dims > max_gguf_dims) {
        throw damaged(where, concat(dims, " dimensions, expected 1 to ", max_gguf_dims));
    }
    std::vector<uint64_t> shape(dims);
    for (size_t dim = dims; dim-- > 0;) {
        shape[dim] = in.read<uint64_t>("dimension");
        if (shape[dim] == 0) throw damaged(where, "a dimension of 0");
    }
    return shape;
}

const GgmlType& read_type(ByteReader& in, const std::string& where) {
    const auto id = in.read<uint32_t>("element type");
    const GgmlType* type = find_ggml_type(id);
    if (type) return *type;
    throw Error(
        Code::unsupported,
        concat(where, ": elements of the unknown type ", id,
               ", expected a type of ggml that holds weights: convert the model again, as F16 or Q8_0"));
}

uint64_t size_of(const GgufTensor& tensor, const std::string& where) {
    const GgmlType& type = *tensor.type;
    const uint64_t row = tensor.shape.back();
    if (row % type.block_elements != 0) {
        throw damaged(where, concat("rows of ", row, " elements, expected a multiple of ",
                                    type.block_elements, " for ", type.name));
    }
    const auto elements = checked_product(tensor.shape);
    const auto size_bytes =
        elements ? checked_multiply(*elements / type.block_elements, type.block_bytes) : std::nullopt;
    return size_bytes.value_or(UINT64_MAX);  // more than any file has
}

Description read_description(ByteReader& in) {
    Description found;
    found.tensor.name = take_gguf_text(in, "tensor name");
    check_name(in.where(), found.tensor.name);
    const std::string where = concat(in.where(), ": tensor ", quote(found.tensor.name));
    found.tensor.shape = read_shape(in, where);
    found.tensor.type = &read_type(in, where);
    found.offset = in.read<uint64_t>("offset");
    found.size_bytes = size_of(found.tensor, where);
    return found;
}

std::vector<Description> read_descriptions(ByteReader& in, uint64_t count, size_t file_size_bytes) {
    const size_t most = std::min(max_tensors(file_size_bytes), in.left() / least_description_bytes);
    if (count > most) throw damaged(in.where(), concat(count, " tensors, expected at most ", most));
    std::vector<Description> all;
    all.reserve(count);
    for (uint64_t i = 0; i < count; ++i) all.push_back(read_description(in));
    return all;
}

/// Sorts by offset; the data then lies in the file, aligned and without overlap.
void check_places(std::vector<Description>& all, uint64_t alignment, uint64_t data_bytes,
                  const std::string& path) {
    std::ranges::sort(all, {}, &Description::offset);
    uint64_t end = 0;
    std::string_view before = "the header";
    for (const Description& one : all) {
        const auto fail = [&](const std::string& problem) {
            throw damaged(path, concat("tensor ", quote(one.tensor.name), " of ", one.size_bytes,
                                       " bytes at offset ", one.offset, problem));
        };
        if (one.offset % alignment != 0) fail(concat(", expected a multiple of ", alignment));
        if (one.offset < end) fail(concat(" overlaps ", quote(before), ", which ends at ", end));
        if (one.offset > data_bytes || one.size_bytes > data_bytes - one.offset) {
            fail(concat(" does not lie in the ", data_bytes, " bytes of data"));
        }
        end = one.offset + one.size_bytes;
        before = one.tensor.name;
    }
}

/// The counts of tensors and entries, and the entries.
struct Head {
    uint64_t tensor_count;
    GgufMetadata metadata;
};

Head read_head(ByteReader& in, size_t file_size_bytes) {
    in.seek(gguf_magic.size());
    check_version(in, in.read<uint32_t>("version"));
    const auto tensor_count = in.read<uint64_t>("tensor count");
    const auto metadata_count = in.read<uint64_t>("metadata count");
    return {tensor_count, GgufMetadata(in, metadata_count, file_size_bytes)};
}

/// Reads the tensors that follow a head.
std::vector<GgufTensor> read_tensors(ByteReader& in, const Head& head, const GgufFile& file) {
    const uint64_t alignment = alignment_of(head.metadata, file.path);
    std::vector<Description> all = read_descriptions(in, head.tensor_count, file.bytes.size());
    const uint64_t data_begin = (in.position() + alignment - 1) / alignment * alignment;
    const auto data = file.bytes.subspan(std::min<uint64_t>(data_begin, file.bytes.size()));
    check_places(all, alignment, data.size(), file.path);
    std::vector<GgufTensor> tensors;
    tensors.reserve(all.size());
    for (Description& one : all) {
        one.tensor.bytes = data.subspan(one.offset, one.size_bytes);
        tensors.push_back(std::move(one.tensor));
    }
    return tensors;
}

GgufContents read_first(const GgufFile& file, uint64_t parts, std::string_view type) {
    ByteReader in(file.bytes, file.path);
    Head head = read_head(in, file.bytes.size());
    check_part(head.metadata, {0, parts}, file.path);
    check_type(head.metadata, type, file.path);
    const std::string_view architecture = check_architecture(head.metadata, file.path);
    std::vector<GgufTensor> tensors = read_tensors(in, head, file);
    return {architecture, std::move(head.metadata), std::move(tensors)};
}

/// Of any part but the first, which describe nothing but their tensors.
std::vector<GgufTensor> read_further(const GgufFile& file, const GgufPart& expected) {
    if (!is_gguf(file.bytes)) {
        throw damaged(file.path, concat("expected part ", expected.number + 1, " of ", expected.count,
                                        " of a split GGUF model, found no GGUF file"));
    }
    ByteReader in(file.bytes, file.path);
    const Head head = read_head(in, file.bytes.size());
    check_part(head.metadata, expected, file.path);
    return read_tensors(in, head, file);
}

void check_tensor_count(const GgufContents& contents, const std::string& path) {
    const auto expected = contents.metadata.integer("split.tensors.count");
    if (!expected || *expected == contents.tensors.size()) return;
    throw damaged(path, concat("expected ", *expected, " tensors in all parts, found ",
                               contents.tensors.size(), ": one of the parts is of another model"));
}

}  // namespace

bool is_gguf(std::span<const std::byte> file) { return as_text(file).starts_with(gguf_magic); }

std::optional<GgufPart> read_gguf_part(const GgufFile& file) {
    ByteReader in(file.bytes, file.path);
    const GgufPart part = part_of(read_head(in, file.bytes.size()).metadata);
    if (part.count == 1) return std::nullopt;
    if (part.number < part.count) return part;
    throw damaged(file.path,
                  concat("part ", part.number, " of ", part.count, " of a split model, counted from 0"));
}

GgufContents read_gguf_container(std::span<const GgufFile> files) {
    GgufContents contents = read_first(files.front(), files.size(), model);
    for (size_t i = 1; i < files.size(); ++i) {
        std::vector<GgufTensor> more = read_further(files[i], {i, files.size()});
        std::move(more.begin(), more.end(), std::back_inserter(contents.tensors));
    }
    if (files.size() > 1) check_tensor_count(contents, files.front().path);
    return contents;
}

bool is_gguf_adapter(const GgufFile& file) {
    if (!is_gguf(file.bytes)) return false;
    ByteReader in(file.bytes, file.path);
    return type_of(read_head(in, file.bytes.size()).metadata) == adapter;
}

GgufContents read_gguf_adapter_container(const GgufFile& file) { return read_first(file, 1, adapter); }

}  // namespace rwkvk::load
