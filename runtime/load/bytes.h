#pragma once
// Checked access to the fields of a file that nobody trusts.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "host/error.h"

namespace rwkvk::load {

static_assert(std::endian::native == std::endian::little, "every format read here is little-endian");

/// The error for a file whose contents contradict themselves or end too early.
Error damaged(const std::string& where, const std::string& problem);

using rwkvk::quote;

inline std::optional<uint64_t> checked_add(uint64_t a, uint64_t b) {
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? std::nullopt : std::optional(sum);
}

inline std::optional<uint64_t> checked_multiply(uint64_t a, uint64_t b) {
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? std::nullopt : std::optional(product);
}

/// Product of all sizes, 0 if any is 0; nothing if it does not fit 64 bits.
std::optional<uint64_t> checked_product(std::span<const uint64_t> sizes);

inline std::string_view as_text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Reads fields one after the other. `where` starts every error: the file and the part of it.
/// Errors: Code::bad_file when a read goes past the end.
class ByteReader {
  public:
    ByteReader(std::span<const std::byte> bytes, std::string where)
        : bytes_(bytes), where_(std::move(where)) {}

    const std::string& where() const { return where_; }
    size_t position() const { return position_; }
    size_t left() const { return bytes_.size() - position_; }

    void seek(uint64_t position);
    /// The next `count` bytes; `what` names them in the error.
    std::span<const std::byte> take(uint64_t count, const char* what);
    std::string_view take_text(uint64_t count, const char* what) { return as_text(take(count, what)); }

    /// The text before the next newline, which is consumed too; at most `longest` bytes.
    std::string_view take_line(size_t longest, const char* what);

    template <typename T>
    T read(const char* what) {
        T value;
        std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
        return value;
    }

  private:
    std::span<const std::byte> bytes_;
    std::string where_;
    size_t position_ = 0;
};

}  // namespace rwkvk::load
