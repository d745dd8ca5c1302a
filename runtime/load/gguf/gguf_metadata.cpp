#include "runtime/load/gguf/gguf_metadata.h"

#include <cstring>

#include "host/log.h"
#include "runtime/load/limits.h"

namespace rwkvk::load {
namespace {

/// Bytes of a value; 0 for types whose values have no fixed size.
constexpr uint64_t size_of(GgufType type) {
    constexpr uint64_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    return sizes[static_cast<size_t>(type)];
}

GgufType read_type(ByteReader& in, std::string_view key) {
    const auto number = in.read<uint32_t>("value type");
    if (number <= static_cast<uint32_t>(GgufType::f64)) return static_cast<GgufType>(number);
    throw damaged(in.where(), concat("the value of ", quote(key), " at byte ", in.position() - 4,
                                     " has the unknown type ", number));
}

void read_array(ByteReader& in, std::string_view key, GgufValue& value) {
    value.element = read_type(in, key);
    if (value.element == GgufType::array) {
        throw damaged(in.where(), concat(quote(key), " is an array of arrays, which no writer makes"));
    }
    value.count = in.read<uint64_t>("array length");
    if (value.element != GgufType::text) {
        const auto size_bytes = checked_multiply(value.count, size_of(value.element));
        value.bytes = in.take(size_bytes.value_or(UINT64_MAX), "array");
        return;
    }
    if (value.count > in.left() / sizeof(uint64_t)) {
        throw damaged(in.where(), concat(quote(key), " is an array of ", value.count, " texts, but only ",
                                         in.left(), " bytes are left"));
    }
    ByteReader ahead = in;
    for (uint64_t i = 0; i < value.count; ++i) take_gguf_text(ahead, "text of an array");
    value.bytes = in.take(ahead.position() - in.position(), "array");
}

GgufValue read_value(ByteReader& in, std::string_view key) {
    GgufValue value{.type = read_type(in, key)};
    if (value.type == GgufType::array) {
        read_array(in, key, value);
    } else if (value.type == GgufType::text) {
        value.bytes = std::as_bytes(std::span(take_gguf_text(in, "text")));
    } else {
        value.bytes = in.take(size_of(value.type), "value");
    }
    return value;
}

template <typename T>
T as(std::span<const std::byte> bytes) {
    T value;
    RWKVK_ASSERT(bytes.size() == sizeof value);
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

/// What `use` gives for the value's number, in its own type; nothing for values that are no numbers.
template <typename Result, typename Use>
std::optional<Result> with_number(const GgufValue& value, const Use& use) {
    switch (value.type) {
        case GgufType::u8:
            return use(as<uint8_t>(value.bytes));
        case GgufType::u16:
            return use(as<uint16_t>(value.bytes));
        case GgufType::u32:
            return use(as<uint32_t>(value.bytes));
        case GgufType::u64:
            return use(as<uint64_t>(value.bytes));
        case GgufType::i8:
            return use(as<int8_t>(value.bytes));
        case GgufType::i16:
            return use(as<int16_t>(value.bytes));
        case GgufType::i32:
            return use(as<int32_t>(value.bytes));
        case GgufType::i64:
            return use(as<int64_t>(value.bytes));
        case GgufType::f32:
            return use(as<float>(value.bytes));
        case GgufType::f64:
            return use(as<double>(value.bytes));
        case GgufType::boolean:
        case GgufType::text:
        case GgufType::array:
            break;
    }
    return std::nullopt;
}

/// Nothing for values that are no whole numbers, and for negative ones.
std::optional<uint64_t> whole_number(const GgufValue& value) {
    return with_number<uint64_t>(value, [](auto number) -> std::optional<uint64_t> {
        if (!std::is_integral_v<decltype(number)> || number < 0) return std::nullopt;
        return static_cast<uint64_t>(number);
    });
}

}  // namespace

std::string_view take_gguf_text(ByteReader& in, const char* what) {
    const auto size_bytes = in.read<uint64_t>("text length");
    return in.take_text(size_bytes, what);
}

GgufMetadata::GgufMetadata(ByteReader& in, uint64_t count, size_t file_size_bytes) : where_(in.where()) {
    if (count > max_tensors(file_size_bytes)) {
        throw damaged(where_,
                      concat(count, " entries of metadata, expected at most ", max_tensors(file_size_bytes)));
    }
    for (uint64_t i = 0; i < count; ++i) {
        const std::string_view key = take_gguf_text(in, "key");
        const GgufValue value = read_value(in, key);
        if (!values_.emplace(key, value).second)
            throw damaged(where_, concat("two values of the key ", quote(key)));
    }
}

const GgufValue* GgufMetadata::find(std::string_view key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
}

Error GgufMetadata::wrong_type(std::string_view key, const char* expected) const {
    return damaged(where_, concat("expected ", expected, " as ", quote(key), ", found another type"));
}

std::optional<uint64_t> GgufMetadata::integer(std::string_view key) const {
    const GgufValue* value = find(key);
    if (!value) return std::nullopt;
    const auto number = whole_number(*value);
    if (!number) throw wrong_type(key, "a whole number from 0 up");
    return number;
}

std::optional<float> GgufMetadata::f32(std::string_view key) const {
    const GgufValue* value = find(key);
    if (!value) return std::nullopt;
    if (value->type != GgufType::f32) throw wrong_type(key, "a float32");
    return as<float>(value->bytes);
}

std::optional<std::string_view> GgufMetadata::text(std::string_view key) const {
    const GgufValue* value = find(key);
    if (!value) return std::nullopt;
    if (value->type != GgufType::text) throw wrong_type(key, "a text");
    return as_text(value->bytes);
}

std::optional<GgufValue> GgufMetadata::texts(std::string_view key) const {
    const GgufValue* value = find(key);
    if (!value) return std::nullopt;
    if (value->type != GgufType::array || value->element != GgufType::text)
        throw wrong_type(key, "an array of texts");
    return *value;
}

std::optional<GgufValue> GgufMetadata::integers(std::string_view key) const {
    const GgufValue* value = find(key);
    if (!value) return std::nullopt;
    const bool fits = value->type == GgufType::array &&
                      (value->element == GgufType::i32 || value->element == GgufType::u32);
    if (!fits) throw wrong_type(key, "an array of 32-bit integers");
    return *value;
}

void GgufMetadata::pass_over(std::string_view key, std::string_view problem) const {
    log(LogLevel::warning, concat(where_, ": ", key, ": ", problem, ": the value is passed over"));
}

std::optional<double> GgufMetadata::number_hint(std::string_view key) const {
    const GgufValue* value = find(key);
    if (!value) return std::nullopt;
    const auto number = with_number<double>(*value, [](auto own) { return static_cast<double>(own); });
    if (!number) pass_over(key, "expected a number");
    return number;
}

std::optional<uint32_t> GgufMetadata::id_hint(std::string_view key, size_t ids) const {
    const GgufValue* value = find(key);
    if (!value) return std::nullopt;
    const auto id = whole_number(*value);
    if (id && *id < ids) return static_cast<uint32_t>(*id);
    pass_over(key, concat("expected an id below ", ids));
    return std::nullopt;
}

std::optional<std::string_view> GgufMetadata::text_hint(std::string_view key) const {
    const GgufValue* value = find(key);
    if (!value) return std::nullopt;
    if (value->type == GgufType::text) return as_text(value->bytes);
    pass_over(key, "expected a text");
    return std::nullopt;
}

}  // namespace rwkvk::load
