#include "runtime/grammar/schema_view.h"

#include <set>
#include <string_view>
#include <utility>

#include "host/error.h"
#include "runtime/grammar/json_schema.h"

namespace rwkvk::grammar {

using load::JsonKind;
using load::JsonValue;

namespace {

/// What says nothing about which values are valid.
const std::set<std::string, std::less<>>& comments() {
    static const std::set<std::string, std::less<>> names = {
        "$schema",     "$id",     "$comment", "$defs",      "definitions", "title",
        "description", "default", "examples", "deprecated", "readOnly",    "writeOnly"};
    return names;
}

/// With the sentence of the parser, as a fault of what the caller passed.
template <typename Make>
auto as_argument(const Make& make) {
    try {
        return make();
    } catch (const Error& error) {
        throw Error(Code::bad_argument, error.what());
    }
}

/// ~0 and ~1 of JSON pointers, after %XX of addresses.
std::string unescaped(std::string_view part) {
    std::string text;
    const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
    for (size_t i = 0; i < part.size(); ++i) {
        if (part[i] == '%' && i + 2 < part.size() && isxdigit(part[i + 1]) && isxdigit(part[i + 2])) {
            text += static_cast<char>(digit(part[i + 1]) * 16 + digit(part[i + 2]));
            i += 2;
        } else {
            text += part[i];
        }
    }
    std::string result;
    for (size_t i = 0; i < text.size(); ++i) {
        const bool escape =
            text[i] == '~' && i + 1 < text.size() && (text[i + 1] == '0' || text[i + 1] == '1');
        result += !escape ? text[i] : text[++i] == '0' ? '~' : '/';
    }
    return result;
}

std::optional<JsonValue> below(const JsonValue& value, const std::string& part) {
    if (value.kind() == JsonKind::object) return value.find(part);
    if (value.kind() != JsonKind::array || part.empty() ||
        part.find_first_not_of("0123456789") != part.npos || part.size() > 5)
        return std::nullopt;
    size_t left = std::stoul(part);
    for (const JsonValue& item : value.items()) {
        if (left-- == 0) return item;
    }
    return std::nullopt;
}

}  // namespace

void fail_schema(const std::string& where, const std::string& message) {
    throw Error(Code::bad_argument, concat("JSON schema, ", quote(where), ": ", message));
}

SchemaDocument::SchemaDocument(std::string_view text)
    : source_{text, "JSON schema"}, json_(as_argument([&] {
          return load::Json(text, "JSON schema", most_schema_nodes, most_schema_depth);
      })) {}

JsonValue SchemaDocument::referred(const std::string& reference, const std::string& where) const {
    if (!reference.starts_with('#') || (reference.size() > 1 && reference[1] != '/'))
        fail_schema(where, concat("expected a reference within the schema, as #/$defs/name, found ",
                                  quote(reference)));
    JsonValue at = root();
    for (size_t from = 1; from < reference.size();) {
        const size_t end = std::min(reference.find('/', from + 1), reference.size());
        const auto next = below(at, unescaped(std::string_view(reference).substr(from + 1, end - from - 1)));
        if (!next) fail_schema(where, concat("nothing is at ", quote(reference)));
        at = *next;
        from = end;
    }
    return at;
}

std::string SchemaDocument::written(const JsonValue& value) const {
    switch (value.kind()) {
        case JsonKind::null:
            return "null";
        case JsonKind::boolean:
            return value.boolean() ? "true" : "false";
        case JsonKind::number:
            return std::string(source_.text.substr(value.at(), load::scan_json_number(source_, value.at())));
        case JsonKind::text:
            return load::json_quoted(value.text());
        case JsonKind::array:
        case JsonKind::object:
            break;
    }
    std::string inside;
    const auto add = [&](const std::string& part) { inside += (inside.empty() ? "" : ",") + part; };
    if (value.kind() == JsonKind::array) {
        for (const JsonValue& item : value.items()) add(written(item));
        return "[" + inside + "]";
    }
    value.for_each_member(
        [&](const JsonValue& key, const JsonValue& member) { add(written(key) + ":" + written(member)); });
    return "{" + inside + "}";
}

SchemaView::SchemaView(const JsonValue& schema, std::string where) : where_(std::move(where)) {
    if (schema.kind() != JsonKind::object) fail("expected an object, true or false");
    schema.for_each_member([&](const JsonValue& key, const JsonValue& value) {
        const std::string name = key.text();
        if (!comments().contains(name)) keywords_.emplace(name, value);
    });
}

std::optional<JsonValue> SchemaView::take(const std::string& keyword) {
    const auto found = keywords_.find(keyword);
    if (found == keywords_.end()) return std::nullopt;
    const JsonValue value = found->second;
    keywords_.erase(found);
    return value;
}

std::optional<uint32_t> SchemaView::take_count(const std::string& keyword, uint32_t most) {
    const auto value = take(keyword);
    if (!value) return std::nullopt;
    if (value->kind() == JsonKind::number) {
        const load::JsonNumber number = value->number();
        const auto* const count = std::get_if<uint64_t>(&number);
        if (count && *count <= most) return static_cast<uint32_t>(*count);
    }
    fail_schema(place(keyword), concat("expected a whole number from 0 to ", most));
}

std::optional<std::string> SchemaView::take_text(const std::string& keyword) {
    const auto value = take(keyword);
    if (!value) return std::nullopt;
    if (value->kind() != JsonKind::text) fail_schema(place(keyword), "expected a string");
    return value->text();
}

std::vector<std::string> SchemaView::take_texts(const std::string& keyword) {
    std::vector<std::string> texts;
    const auto value = take(keyword);
    if (!value) return texts;
    if (value->kind() != JsonKind::array) fail_schema(place(keyword), "expected a list of strings");
    for (const JsonValue& item : value->items()) {
        if (item.kind() != JsonKind::text) fail_schema(place(keyword), "expected a list of strings");
        texts.push_back(item.text());
    }
    return texts;
}

void SchemaView::finish(const std::string& besides) const {
    if (keywords_.empty()) return;
    fail(concat("the keyword ", quote(keywords_.begin()->first), " is not supported ",
                besides.empty() ? "here" : besides));
}

void SchemaView::fail(const std::string& message) const { fail_schema(where_, message); }

}  // namespace rwkvk::grammar
