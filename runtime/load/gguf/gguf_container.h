#pragma once
// The container of GGUF files: metadata, and tensors as the file names and describes them.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/load/gguf/gguf_metadata.h"
#include "runtime/load/gguf/gguf_types.h"

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

/// A file that the caller keeps alive; `path` only names it in errors.
struct GgufFile {
    std::span<const std::byte> bytes;
    std::string path;
};

bool is_gguf(std::span<const std::byte> file);

/// Which part of a split model a file is.
struct GgufPart {
    uint64_t number, count;  // from 0
};
/// Nothing for a file that is a whole model. Errors: as read_gguf_container.
std::optional<GgufPart> read_gguf_part(const GgufFile& file);

/// Reads metadata and descriptions of a model that is one file or split into several, in order. The first has
/// the metadata. Every tensor lies in its file, and no two share bytes.
/// Errors: Code::bad_file, also for a part that is not the one expected there; Code::unsupported for other
/// file versions, big-endian files, single parts of a split model, files that are no model, architectures
/// that are not supported and element types without a row.
GgufContents read_gguf_container(std::span<const GgufFile> files);

/// Whether it is a GGUF file that says it is an adapter. Errors: Code::bad_file for a damaged one.
bool is_gguf_adapter(const GgufFile& file);
/// The same of an adapter. Errors: as read_gguf_container.
GgufContents read_gguf_adapter_container(const GgufFile& file);

}  // namespace rwkvk::load
