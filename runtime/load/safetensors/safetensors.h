#pragma once
// The safetensors container (formats.md 2): a JSON header that says where each tensor lies, and the tensors.

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "runtime/load/tensor.h"

namespace rwkvk::load {

using Metadata = std::map<std::string, std::string>;

struct Safetensors {
    Checkpoint contents;  // tensors as they are named and laid out in the file
    Metadata metadata;
};

/// Whether the file begins with the length of a JSON object and the object.
bool is_safetensors(std::span<const std::byte> file);

/// Reads the header and checks it against the file: tensors fill what follows it exactly.
/// Errors: Code::bad_file; Code::unsupported for element types and dimensions that TensorView does not have.
/// The caller keeps `file` alive and unchanged; `path` only names it in errors.
Safetensors read_safetensors(std::span<const std::byte> file, const std::string& path);

/// The same of a file, which stays mapped while `contents.storage` lives. Errors: also Code::io.
Safetensors open_safetensors(const std::string& path);

/// A row-major tensor of float32, or of int32 where it has no `values`; the product of `shape` is the number
/// of either.
struct TensorToWrite {
    std::string name;
    std::vector<uint64_t> shape;
    std::span<const float> values;
    std::span<const int32_t> integers = {};

    std::span<const std::byte> bytes() const {
        return values.empty() ? std::as_bytes(integers) : std::as_bytes(values);
    }
};

/// Writes a whole file or leaves what is there. Equal arguments give equal bytes.
/// Errors: Code::io with the system's reason; Code::bad_text for names and metadata that are not UTF-8.
void write_safetensors(const std::string& path, std::span<const TensorToWrite> tensors,
                       const Metadata& metadata);
/// The bytes of that file. Errors: Code::bad_text likewise.
std::vector<std::byte> encode_safetensors(std::span<const TensorToWrite> tensors, const Metadata& metadata);

}  // namespace rwkvk::load
