#include "host/replaced_file.h"
#include "runtime/load/bytes.h"
#include "runtime/load/json_token.h"
#include "runtime/load/safetensors/safetensors.h"

namespace rwkvk::load {
namespace {

constexpr size_t data_alignment = 8;  // as the official writer does: readers may map the elements

std::string json_metadata(const Metadata& metadata) {
    std::string out;
    for (const auto& [key, value] : metadata) {
        out += concat(out.empty() ? "" : ",", json_quoted(key), ":", json_quoted(value));
    }
    return concat("\"__metadata__\":{", out, "}");
}

std::string json_entry(const TensorToWrite& tensor, uint64_t begin) {
    std::string shape;
    for (const uint64_t size : tensor.shape) shape += concat(shape.empty() ? "" : ",", size);
    return concat(json_quoted(tensor.name), ":{\"dtype\":\"", tensor.values.empty() ? "I32" : "F32",
                  "\",\"shape\":[", shape, "],\"data_offsets\":[", begin, ",", begin + tensor.bytes().size(),
                  "]}");
}

std::string header_of(std::span<const TensorToWrite> tensors, const Metadata& metadata) {
    std::string json = "{" + json_metadata(metadata);
    uint64_t end = 0;
    for (const TensorToWrite& tensor : tensors) {
        RWKVK_ASSERT(checked_product(tensor.shape) == tensor.bytes().size() / sizeof(float));
        json += "," + json_entry(tensor, end);
        end += tensor.bytes().size();
    }
    json += '}';
    while (json.size() % data_alignment != 0) json += ' ';
    return json;
}

/// Hands the file over in pieces.
template <typename Put>
void put_file(std::span<const TensorToWrite> tensors, const Metadata& metadata, const Put& put) {
    const std::string header = header_of(tensors, metadata);
    const uint64_t header_bytes = header.size();
    put(std::as_bytes(std::span(&header_bytes, 1)));
    put(std::as_bytes(std::span(header)));
    for (const TensorToWrite& tensor : tensors) put(tensor.bytes());
}

}  // namespace

void write_safetensors(const std::string& path, std::span<const TensorToWrite> tensors,
                       const Metadata& metadata) {
    ReplacedFile file(path);
    put_file(tensors, metadata, [&](std::span<const std::byte> piece) { file.write(piece); });
    file.finish();
}

std::vector<std::byte> encode_safetensors(std::span<const TensorToWrite> tensors, const Metadata& metadata) {
    std::vector<std::byte> file;
    put_file(tensors, metadata,
             [&](std::span<const std::byte> piece) { file.insert(file.end(), piece.begin(), piece.end()); });
    return file;
}

}  // namespace rwkvk::load
