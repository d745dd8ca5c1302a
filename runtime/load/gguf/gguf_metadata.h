#pragma once
// The values of a GGUF file's metadata.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/load/bytes.h"

namespace rwkvk::load {

enum class GgufType : uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, array, u64, i64, f64 };

/// A value as it lies in the file.
struct GgufValue {
    GgufType type = GgufType::u8;
    GgufType element = GgufType::u8;        // of an array
    uint64_t count = 0;                     // elements of an array
    std::span<const std::byte> bytes = {};  // of a text: without its length; of an array: the elements
};

/// A text with its length in front, as keys, names and values have it.
std::string_view take_gguf_text(ByteReader& in, const char* what);

/// Keys and values. They refer to the file.
/// Errors of the getters: Code::bad_file when the key is there with a value of another type.
class GgufMetadata {
  public:
    /// Reads `count` pairs. Errors: Code::bad_file for a second value of a key, unknown types, arrays of
    /// arrays and more pairs than a file of this size can mean.
    GgufMetadata(ByteReader& in, uint64_t count, size_t file_size_bytes);

    /// Of any integer type; also an error: a negative number.
    std::optional<uint64_t> integer(std::string_view key) const;
    std::optional<float> f32(std::string_view key) const;
    std::optional<std::string_view> text(std::string_view key) const;
    /// An array of texts; `bytes` holds them one after the other, each as take_gguf_text reads it.
    std::optional<GgufValue> texts(std::string_view key) const;
    /// An array of 32-bit integers, signed or not.
    std::optional<GgufValue> integers(std::string_view key) const;

    /// Of values that only recommend or describe, without which the model is the same: one that is odd is
    /// passed over with a warning.
    std::optional<double> number_hint(std::string_view key) const;            // of any type of numbers
    std::optional<uint32_t> id_hint(std::string_view key, size_t ids) const;  // of a token, below `ids`
    std::optional<std::string_view> text_hint(std::string_view key) const;
    /// Says that a value is passed over: `problem` is "expected ...".
    void pass_over(std::string_view key, std::string_view problem) const;

  private:
    const GgufValue* find(std::string_view key) const;
    Error wrong_type(std::string_view key, const char* expected) const;

    std::string where_;
    std::map<std::string_view, GgufValue> values_;
};

}  // namespace rwkvk::load
