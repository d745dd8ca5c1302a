#include "runtime/load/gguf_adapter.h"

#include <bit>
#include <cmath>

#include "runtime/load/bytes.h"
#include "runtime/load/gguf_container.h"
#include "runtime/load/gguf_metadata.h"
#include "runtime/load/gguf_types.h"
#include "runtime/load/limits.h"

namespace rwkvk::load {
namespace {

constexpr uint64_t max_alignment = 65536;
constexpr std::string_view a_ending = ".lora_a", b_ending = ".lora_b", weight = ".weight";

/// Everything in front of the descriptions of tensors.
struct Head {
    uint32_t version;
    uint64_t tensor_count;
    GgufMetadata metadata;
};

Head read_head(ByteReader& in, size_t file_size_bytes) {
    in.seek(gguf_magic.size());
    const auto version = in.read<uint32_t>("version");
    if (version != 2 && version != gguf_version) {
        throw Error(Code::unsupported, concat(in.where(), ": GGUF file version ", version,
                                              ", expected 2 or 3: convert the original again"));
    }
    const auto tensor_count = in.read<uint64_t>("tensor count");
    const auto metadata_count = in.read<uint64_t>("metadata count");
    return {version, tensor_count, GgufMetadata(in, metadata_count, file_size_bytes)};
}

/// A matrix; where it lies comes after all descriptions.
struct Description {
    std::string name;
    TensorView view;
    uint64_t offset;
};

Description read_description(ByteReader& in) {
    Description found;
    found.name = take_gguf_text(in, "tensor name");
    check_name(in.where(), found.name);
    const auto dims = in.read<uint32_t>("dimension count");
    if (dims != 2) {
        throw damaged(in.where(),
                      concat("tensor ", quote(found.name), " has ", dims, " dimensions, expected 2"));
    }
    found.view.shape.resize(dims);
    for (size_t dim = dims; dim-- > 0;) found.view.shape[dim] = in.read<uint64_t>("dimension");
    const auto id = in.read<uint32_t>("element type");
    const GgmlType* type = find_ggml_type(id);
    if (!type || !type->dtype || type->block_elements != 1) {
        throw Error(Code::unsupported,
                    concat(in.where(), ": tensor ", quote(found.name), " is ", type ? type->name : "unknown",
                           " (type ", id, "), expected F32, F16 or BF16: convert the adapter again"));
    }
    found.view.dtype = *type->dtype;
    found.offset = in.read<uint64_t>("offset");
    return found;
}

TensorView placed(const Description& one, std::span<const std::byte> data, const std::string& path) {
    TensorView view = one.view;
    const auto elements = checked_product(view.shape);
    const auto size_bytes = elements ? checked_multiply(*elements, bytes_of(view.dtype)) : std::nullopt;
    if (!size_bytes || one.offset > data.size() || *size_bytes > data.size() - one.offset) {
        throw damaged(path, concat("tensor ", quote(one.name), " of ", view.shape_text(),
                                   " does not lie in the ", data.size(), " bytes of data"));
    }
    view.strides = row_major_strides(view.shape);
    view.data = data.data() + one.offset;
    return view;
}

/// "blk.0.time_mix_key.weight.lora_a" is of "blocks.0.att.key".
AdapterTensor part_of(const Description& one, std::string_view architecture, TensorView view,
                      const std::string& path) {
    const bool is_a = one.name.ends_with(a_ending), is_b = one.name.ends_with(b_ending);
    const auto place =
        is_a || is_b ? find_gguf_name(architecture, one.name.substr(0, one.name.size() - a_ending.size()))
                     : std::nullopt;
    if (!place || place->row->change != GgufChange::none) {
        throw Error(Code::unsupported, concat(path, ": tensor ", quote(one.name),
                                              ": expected '.lora_a' and '.lora_b' of matrices of ",
                                              quote(architecture), ", found another"));
    }
    std::string target = place->official();
    if (target.ends_with(weight)) target.resize(target.size() - weight.size());
    return {one.name, target, is_a ? AdapterRole::lora_a : AdapterRole::lora_b, std::move(view)};
}

uint64_t alignment_of(const GgufMetadata& metadata, const std::string& path) {
    const uint64_t alignment = metadata.integer("general.alignment").value_or(gguf_default_alignment);
    if (std::has_single_bit(alignment) && alignment <= max_alignment) return alignment;
    throw damaged(path,
                  concat("an alignment of ", alignment, ", expected a power of two up to ", max_alignment));
}

std::optional<float> alpha_of(const GgufMetadata& metadata, const std::string& path) {
    const auto alpha = metadata.f32("adapter.lora.alpha");
    if (!alpha || *alpha == 0) return std::nullopt;  // as llama.cpp: the product counts once
    if (!std::isfinite(*alpha)) throw damaged(path, concat("an alpha of ", *alpha));
    return alpha;
}

}  // namespace

bool is_gguf_adapter(std::span<const std::byte> file, const std::string& path) {
    if (!is_gguf(file)) return false;
    ByteReader in(file, path);
    return read_head(in, file.size()).metadata.text("general.type").value_or("model") == "adapter";
}

Adapter read_gguf_adapter(std::span<const std::byte> file, const std::string& path) {
    ByteReader in(file, path);
    const Head head = read_head(in, file.size());
    const std::string_view kind = head.metadata.text("adapter.type").value_or("");
    if (kind != "lora") {
        throw Error(Code::unsupported,
                    concat(path, ": an adapter of type ", quote(kind), ", expected 'lora'"));
    }
    const std::string_view architecture = head.metadata.text("general.architecture").value_or("");
    if (head.tensor_count > max_tensors(file.size())) {
        throw damaged(path,
                      concat(head.tensor_count, " tensors, expected at most ", max_tensors(file.size())));
    }
    std::vector<Description> all;
    for (uint64_t i = 0; i < head.tensor_count; ++i) all.push_back(read_description(in));
    const uint64_t alignment = alignment_of(head.metadata, path);
    const uint64_t begin = (in.position() + alignment - 1) / alignment * alignment;
    const auto data = file.subspan(std::min<uint64_t>(begin, file.size()));
    Adapter adapter{.path = path, .tensors = {}, .alpha = alpha_of(head.metadata, path), .storage = {}};
    for (const Description& one : all)
        adapter.tensors.push_back(part_of(one, architecture, placed(one, data, path), path));
    return adapter;
}

}  // namespace rwkvk::load
