#pragma once
// The container of GGUF files: metadata, and tensors as the file names and describes them.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/load/gguf_metadata.h"
#include "runtime/load/gguf_types.h"

namespace rwkvk::load {

inline constexpr std::string_view gguf_magic = "GGUF";
inline constexpr uint32_t gguf_version = 3;  // the one that is written
inline constexpr uint64_t gguf_default_alignment = 32;

struct GgufTensor {
    std::string_view name;
    const GgmlType* type;
    std::vector<uint64_t> shape;  // row-major: the last dimension is the fastest
    std::span<const std::byte> bytes;
};

struct GgufContents {
    std::string_view architecture;  // one of RWKV
    GgufMetadata metadata;
    std::vector<GgufTensor> tensors;
};

bool is_gguf(std::span<const std::byte> file);

/// Reads metadata and descriptions: every tensor lies in the file, and no two share bytes.
/// Errors: Code::bad_file; Code::unsupported for other file versions, big-endian files, parts of a split
/// model, files that are no model, architectures that are not supported and element types without a row.
GgufContents read_gguf_container(std::span<const std::byte> file, const std::string& path);

}  // namespace rwkvk::load
