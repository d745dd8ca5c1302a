#include "runtime/load/safetensors/safetensors.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "host/log.h"
#include "host/mapped_file.h"
#include "runtime/load/bytes.h"
#include "runtime/load/json.h"
#include "runtime/load/limits.h"

namespace rwkvk::load {
namespace {

constexpr uint64_t max_header_bytes = 100'000'000;  // the format's own limit

/// Of the header. A tensor takes 10 and one per dimension, an entry of metadata 2.
constexpr size_t max_values(size_t file_size_bytes) { return 32 * max_tensors(file_size_bytes); }

struct NamedType {
    std::string_view name;
    DType type;
};
constexpr NamedType types[] = {
    {"F32", DType::f32}, {"F16", DType::f16},      {"BF16", DType::bf16}, {"F64", DType::f64},
    {"U8", DType::u8},   {"I8", DType::i8},        {"I16", DType::i16},   {"I32", DType::i32},
    {"I64", DType::i64}, {"BOOL", DType::boolean},
};

/// Types of 8 bits and fewer (FP8, NVFP4, MXFP4), and the words that MLX packs small ones into.
bool is_quantised(std::string_view type) {
    return type.starts_with("F8_") || type.starts_with("F6_") || type == "F4" || type == "U32";
}

/// Where a tensor lies, in bytes from the end of the header.
struct Place {
    uint64_t begin, end;
    std::string name;

    auto operator<=>(const Place&) const = default;
};

std::string_view take_header(std::span<const std::byte> file, ByteReader& in) {
    const auto size_bytes = in.read<uint64_t>("header length");
    const size_t at = in.position();
    if (in.left() > 0 && file[at] != std::byte{'{'}) {
        throw Error(Code::bad_file, concat(in.where(), ": not a safetensors file: expected '{' at byte ", at,
                                           ", found ", quote(as_text(file.subspan(at, 1)))));
    }
    const uint64_t most_bytes = std::min<uint64_t>(max_header_bytes, in.left());
    if (size_bytes <= most_bytes) return in.take_text(size_bytes, "header");
    throw damaged(in.where(), concat("expected a safetensors header of at most ", most_bytes,
                                     " bytes at byte ", at, ", found one of ", size_bytes));
}

class Reader {
  public:
    Reader(std::span<const std::byte> file, const std::string& path)
        : file_size_bytes_(file.size()), result_{.contents = {"safetensors", path, {}, {}}, .metadata = {}} {
        ByteReader in(file, path);
        const std::string_view header = take_header(file, in);
        data_ = in.take(in.left(), "tensors");
        const Json json(header, path + ": safetensors header", max_values(file.size()));
        json.root().for_each_member([this](const JsonValue& key, const JsonValue& value) {
            if (key.text() == "__metadata__") return read_metadata(value);
            read_tensor(key, value);
        });
        check_places();
    }

    Safetensors result() && { return std::move(result_); }

  private:
    const std::string& path() const { return result_.contents.path; }

    /// What is odd in it is passed over: the tensors do not need it.
    void read_metadata(const JsonValue& object) {
        if (object.kind() != JsonKind::object) return pass_over("__metadata__", "an object");
        object.for_each_member([this](const JsonValue& key, const JsonValue& value) {
            // Entries of a map take many times the bytes of the file, as tensors do.
            if (result_.metadata.size() == max_tensors(file_size_bytes_)) {
                throw damaged(path(), concat("more than ", result_.metadata.size(), " entries of metadata"));
            }
            if (value.kind() != JsonKind::text) return pass_over(quote(key.text()), "a text");
            result_.metadata.emplace(key.text(), value.text());
        });
    }

    /// Said once: a file may have millions of them.
    void pass_over(const std::string& key, const char* expected) {
        if (std::exchange(passed_over_, true)) return;
        log(LogLevel::warning, concat(path(), ": metadata ", key, ": expected ", expected,
                                      ": passed over, as are others like it"));
    }

    void read_tensor(const JsonValue& key, const JsonValue& entry) {
        const std::string name = key.text();
        check_name(path(), name);
        TensorView view{.dtype = read_type(name, entry.member("dtype")),
                        .shape = read_shape(name, entry.member("shape")),
                        .strides = {},
                        .data = nullptr};
        view.strides = row_major_strides(view.shape);
        const Place place = read_place(name, entry.member("data_offsets"));
        const auto elements = checked_product(view.shape);
        const auto size_bytes = elements ? checked_multiply(*elements, bytes_of(view.dtype)) : std::nullopt;
        if (!size_bytes || *size_bytes != place.end - place.begin) {
            throw damaged(path(),
                          concat("tensor ", quote(name), " of ", view.shape_text(), " ", name_of(view.dtype),
                                 " does not fill its ", place.end - place.begin, " bytes"));
        }
        view.data = data_.data() + place.begin;
        add_tensor(result_.contents, file_size_bytes_, name, std::move(view));
        places_.push_back(place);
    }

    DType read_type(const std::string& name, const JsonValue& value) const {
        const std::string type = value.text();
        const auto* known = std::ranges::find(types, type, &NamedType::name);
        if (known != std::end(types)) return known->type;
        throw Error(
            Code::unsupported,
            concat(path(), ": tensor ", quote(name), " has elements of type ", quote(type),
                   ", expected one of F32 F16 BF16 F64 U8 I8 I16 I32 I64 BOOL: ",
                   is_quantised(type) ? "weights that another program quantised are not read: use the "
                                        "original file"
                                      : "convert the file"));
    }

    std::vector<uint64_t> read_shape(const std::string& name, const JsonValue& value) const {
        std::vector<uint64_t> shape;
        for (const JsonValue size : value.items()) {
            if (shape.size() == max_dims) {
                throw Error(Code::unsupported, concat(path(), ": tensor ", quote(name), " has more than ",
                                                      max_dims, " dimensions, which no RWKV model has"));
            }
            shape.push_back(size.unsigned_integer());
        }
        return shape;
    }

    Place read_place(const std::string& name, const JsonValue& value) const {
        std::vector<uint64_t> offsets;
        for (const JsonValue offset : value.items()) {
            if (offsets.size() < 3) offsets.push_back(offset.unsigned_integer());
        }
        if (offsets.size() == 2 && offsets[0] <= offsets[1] && offsets[1] <= data_.size()) {
            return {offsets[0], offsets[1], name};
        }
        throw damaged(path(), concat("tensor ", quote(name), ": expected two increasing offsets up to ",
                                     data_.size(), ", the bytes behind the header"));
    }

    /// The format forbids bytes that belong to two tensors or to none: nothing can hide, and the tensors
    /// together are never larger than the file.
    void check_places() {
        std::ranges::sort(places_);
        uint64_t filled = 0;
        for (const Place& place : places_) {
            if (place.begin != filled) {
                throw damaged(path(),
                              concat("tensor ", quote(place.name), " starts at byte ", place.begin,
                                     " of the data, expected ", filled, " where the one before it ends"));
            }
            filled = place.end;
        }
        if (filled != data_.size()) {
            throw damaged(path(), concat("the tensors end at byte ", filled, " of the data, expected ",
                                         data_.size(), ", the end of the file"));
        }
    }

    size_t file_size_bytes_;
    Safetensors result_;
    bool passed_over_ = false;
    std::span<const std::byte> data_;
    std::vector<Place> places_;
};

}  // namespace

bool is_safetensors(std::span<const std::byte> file) {
    uint64_t header_bytes = 0;
    if (file.size() <= sizeof header_bytes || file[sizeof header_bytes] != std::byte{'{'}) return false;
    std::memcpy(&header_bytes, file.data(), sizeof header_bytes);
    return header_bytes >= 2 && header_bytes <= max_header_bytes;
}

Safetensors read_safetensors(std::span<const std::byte> file, const std::string& path) {
    return Reader(file, path).result();
}

Safetensors open_safetensors(const std::string& path) {
    const auto file = std::make_shared<const MappedFile>(path);
    Safetensors result = read_safetensors(file->bytes(), path);
    result.contents.storage = file;
    return result;
}

}  // namespace rwkvk::load
