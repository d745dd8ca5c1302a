#pragma once
// Writing GGUF files of any size in little memory.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/load/tensor.h"

namespace rwkvk::load {

/// Metadata in the order in which its keys are first added; a later value of a key takes the place of an
/// earlier one.
class GgufMetadataToWrite {
  public:
    void add_u32(std::string_view key, uint32_t value);
    void add_i32(std::string_view key, int32_t value);
    void add_f32(std::string_view key, float value);
    void add_bool(std::string_view key, bool value);
    void add_text(std::string_view key, std::string_view value);
    void add_texts(std::string_view key, std::span<const std::string> values);
    void add_i32s(std::string_view key, std::span<const int32_t> values);

    uint64_t count() const { return entries_.size(); }
    std::string bytes() const;

  private:
    struct Entry {
        std::string key, typed_value;  // as they stand in the file, the key without its length
    };
    std::string& value_of(std::string_view key);

    std::vector<Entry> entries_;
};

struct GgufTensorToWrite {
    std::string name;
    DType type;
    std::vector<uint64_t> shape;  // row-major, one to four dimensions; rows of whole blocks
    /// Puts `rows` rows (all dimensions but the last, counted together) from `first` on into `out`, as
    /// stored. Called in rising order.
    std::function<void(uint64_t first, uint64_t rows, std::byte* out)> read_rows;
};

/// Told after every few rows how many bytes of how many are written. What it throws, write_gguf throws.
using BytesWritten = std::function<void(uint64_t done, uint64_t all)>;

/// Writes a whole file of version 3 or leaves what is there. Equal arguments give equal bytes.
/// Errors: Code::io with the system's reason.
void write_gguf(const std::string& path, const GgufMetadataToWrite& metadata,
                std::span<const GgufTensorToWrite> tensors, const BytesWritten& written = {});

}  // namespace rwkvk::load
