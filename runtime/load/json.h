#pragma once
// JSON headers of files that nobody trusts: parsed in linear time without recursion, kept as eight bytes per
// value that refer to the text, and read through handles that refuse what is not of the expected kind.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/load/json_token.h"

namespace rwkvk::load {

inline constexpr size_t max_json_depth = 16;
inline constexpr uint32_t max_json_bytes = (uint32_t{1} << 28) - 1;

enum class JsonKind : uint8_t { null, boolean, number, text, array, object };

const char* name_of(JsonKind kind);

/// A value as it stands in the text.
struct JsonNode {
    uint32_t kind : 3;
    uint32_t escaped : 1;
    uint32_t at : 28;
    uint32_t extent;  // of a container: the index behind its contents; otherwise: bytes, without quotes
};
static_assert(sizeof(JsonNode) == 8 && max_json_bytes < (uint32_t{1} << 28));

class Json;

/// A value of a document that outlives it.
/// Errors of all members but `kind` and `at`: Code::bad_file when the value is of another kind.
class JsonValue {
  public:
    JsonKind kind() const;
    size_t at() const;  // where it stands, in bytes from the start of the text

    bool boolean() const;
    JsonNumber number() const;
    /// Also an error: a number with a sign, a point or an exponent, or one past 64 bits.
    uint64_t unsigned_integer() const;
    /// The float that is nearest to a number. Also an error: one that no float comes near.
    float real() const;
    std::string text() const;

    class Items;
    /// Of an array, in order.
    Items items() const;
    /// Of an object, in order: visit(key, value).
    template <typename Visit>
    void for_each_member(Visit visit) const;
    /// The value of an object's key, if there is such a key. Looks at every key of the object.
    std::optional<JsonValue> find(std::string_view key) const;
    /// The same, and an error if there is none.
    JsonValue member(std::string_view key) const;

  private:
    friend class Json;
    friend class JsonParser;
    JsonValue(const Json& document, uint32_t index) : document_(&document), index_(index) {}
    const JsonNode& node() const;
    std::string_view written() const;              // of a scalar, without quotes
    JsonStringBytes bytes() const;                 // of a string, as it is meant
    bool is_before(const JsonValue& other) const;  // of strings, in the order of their bytes
    void expect(JsonKind kind) const;
    uint32_t next() const;  // the index behind it and all it contains

    const Json* document_;
    uint32_t index_;
};

class JsonValue::Items {
  public:
    class Iterator {
      public:
        Iterator(const Json& document, uint32_t index) : document_(&document), index_(index) {}
        JsonValue operator*() const { return {*document_, index_}; }
        Iterator& operator++() {
            index_ = (**this).next();
            return *this;
        }
        bool operator==(const Iterator& other) const { return index_ == other.index_; }

      private:
        const Json* document_;
        uint32_t index_;
    };
    Items(const Json& document, uint32_t first, uint32_t end)
        : begin_(document, first), end_(document, end) {}
    Iterator begin() const { return begin_; }
    Iterator end() const { return end_; }

  private:
    Iterator begin_, end_;
};

class Json {
  public:
    /// Parses a whole text, which the caller keeps alive and unchanged; `where` starts every error.
    /// Keys count as values. Takes four times the text's size at most, and a little.
    /// Errors: Code::bad_file with the byte, for what is not JSON by RFC 8259 in strict UTF-8, containers
    /// nested deeper than `max_depth`, a key that an object has twice, more than `max_values`;
    /// Code::unsupported over max_json_bytes.
    Json(std::string_view text, std::string where, size_t max_values = max_json_bytes,
         size_t max_depth = max_json_depth);
    Json(const Json&) = delete;
    Json& operator=(const Json&) = delete;

    JsonValue root() const { return {*this, 0}; }

  private:
    friend class JsonValue;
    friend class JsonParser;

    JsonSource source_;
    std::vector<JsonNode> nodes_;  // in the order of the text, containers before their contents
};

template <typename Visit>
void JsonValue::for_each_member(Visit visit) const {
    expect(JsonKind::object);
    for (JsonValue key(*document_, index_ + 1); key.index_ != next();) {
        const JsonValue value(*document_, key.next());
        visit(std::as_const(key), value);
        key.index_ = value.next();
    }
}

}  // namespace rwkvk::load
