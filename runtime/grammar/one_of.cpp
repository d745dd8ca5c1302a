#include "runtime/grammar/one_of.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <string_view>

#include "host/error.h"

namespace rwkvk::grammar {
namespace {

using load::JsonKind;
using load::JsonValue;

constexpr size_t most_depth = 16;

enum Kinds : uint32_t {
    null = 1,
    boolean = 2,
    integer = 4,
    fraction = 8,
    text = 16,
    array = 32,
    object = 64,
    all = 127
};

uint32_t kinds_of_type(std::string_view type) {
    const std::map<std::string_view, uint32_t> kinds = {
        {"null", null},   {"boolean", boolean}, {"integer", integer}, {"number", integer | fraction},
        {"string", text}, {"array", array},     {"object", object}};
    const auto found = kinds.find(type);
    return found == kinds.end() ? all : found->second;
}

uint32_t kind_of(const JsonValue& value) {
    switch (value.kind()) {
        case JsonKind::null:
            return null;
        case JsonKind::boolean:
            return boolean;
        case JsonKind::number:
            return integer | fraction;
        case JsonKind::text:
            return text;
        case JsonKind::array:
            return array;
        case JsonKind::object:
            return object;
    }
    return all;
}

std::vector<JsonValue> items_of(const JsonValue& list) {
    std::vector<JsonValue> items;
    if (list.kind() != JsonKind::array) return items;
    for (const JsonValue& item : list.items()) items.push_back(item);
    return items;
}

/// What is seen of a schema.
struct Shape {
    uint32_t written = all, valid = all;         // kinds of values that are written for it; that are valid
    std::optional<std::set<std::string>> fixed;  // the only values, as JSON
    std::map<std::string, JsonValue> members;
    std::set<std::string> required;
    bool writes_others = true, allows_others = true;  // members besides
};

class Comparison {
  public:
    explicit Comparison(const SchemaDocument& document) : document_(document) {}

    Shape shape_of(const JsonValue& schema, size_t depth) const {
        Shape shape;
        if (depth > most_depth) return shape;
        if (schema.kind() == JsonKind::boolean && !schema.boolean()) shape.written = shape.valid = 0;
        if (schema.kind() != JsonKind::object) return shape;
        if (const auto reference = schema.find("$ref")) {
            if (reference->kind() != JsonKind::text) return shape;
            return shape_of(document_.referred(reference->text(), "#"), depth + 1);
        }
        for (const char* const several : {"anyOf", "oneOf"}) {
            if (const auto branches = schema.find(several)) return of_branches(*branches, depth);
        }
        if (schema.find("allOf")) return shape;
        if (const auto type = schema.find("type")) shape.written = shape.valid = kinds_of(*type);
        if (const auto value = schema.find("const")) fix(shape, {*value});
        if (const auto values = schema.find("enum")) fix(shape, items_of(*values));
        read_members(schema, shape);
        return shape;
    }

    /// No value that is written for `a` is valid by `b`.
    bool is_apart(const Shape& a, const Shape& b, size_t depth) const {
        const uint32_t common = a.written & b.valid;
        if (common == 0) return true;
        if (a.fixed && b.fixed) {
            return std::ranges::none_of(*a.fixed,
                                        [&](const std::string& value) { return b.fixed->contains(value); });
        }
        if (common != object || depth > most_depth) return false;
        const auto is_missing = [&](const std::string& name) {
            return !a.writes_others && !a.members.contains(name) && !a.required.contains(name);
        };
        const auto is_refused = [&](const std::string& name) {
            return !b.allows_others && !b.members.contains(name);
        };
        if (std::ranges::any_of(b.required, is_missing) || std::ranges::any_of(a.required, is_refused))
            return true;
        return std::ranges::any_of(a.required, [&](const std::string& name) {
            const auto mine = a.members.find(name), other = b.members.find(name);
            return mine != a.members.end() && other != b.members.end() &&
                   is_apart(shape_of(mine->second, depth + 1), shape_of(other->second, depth + 1), depth + 1);
        });
    }

  private:
    uint32_t kinds_of(const JsonValue& type) const {
        if (type.kind() == JsonKind::text) return kinds_of_type(type.text());
        if (type.kind() != JsonKind::array) return all;
        uint32_t kinds = 0;
        for (const JsonValue& one : type.items())
            kinds |= one.kind() == JsonKind::text ? kinds_of_type(one.text()) : uint32_t{all};
        return kinds;
    }

    Shape of_branches(const JsonValue& branches, size_t depth) const {
        Shape shape;
        shape.written = shape.valid = 0;
        for (const JsonValue& branch : items_of(branches)) {
            const Shape one = shape_of(branch, depth + 1);
            shape.written |= one.written;
            shape.valid |= one.valid;
        }
        return shape;
    }

    void fix(Shape& shape, const std::vector<JsonValue>& values) const {
        shape.fixed.emplace();
        shape.written = shape.valid = 0;
        for (const JsonValue& value : values) {
            shape.written |= kind_of(value);
            shape.fixed->insert(comparable(value));
        }
        shape.valid = shape.written;
    }

    /// 1, 1.0 and 1e0 are the same.
    std::string comparable(const JsonValue& value) const {
        const std::string written = document_.written(value);
        if (value.kind() != JsonKind::number) return written;
        double number = 0;
        std::from_chars(written.data(), written.data() + written.size(), number);
        return concat(number);
    }

    void read_members(const JsonValue& schema, Shape& shape) const {
        const auto members = schema.find("properties");
        if (members && members->kind() == JsonKind::object)
            members->for_each_member([&](const JsonValue& key, const JsonValue& member) {
                shape.members.emplace(key.text(), member);
            });
        const auto required = schema.find("required");
        if (required && required->kind() == JsonKind::array) {
            for (const JsonValue& name : required->items()) {
                if (name.kind() == JsonKind::text) shape.required.insert(name.text());
            }
        }
        const auto others = schema.find("additionalProperties");
        const bool none = others && others->kind() == JsonKind::boolean && !others->boolean();
        shape.allows_others = !none;
        shape.writes_others = others ? !none : shape.members.empty() && shape.required.empty();
        if (!schema.find("type") && !shape.fixed && (members || required || others)) shape.written = object;
    }

    const SchemaDocument& document_;
};

}  // namespace

bool are_apart(const SchemaDocument& document, const std::vector<JsonValue>& schemas) {
    const Comparison comparison(document);
    std::vector<Shape> shapes;
    for (const JsonValue& schema : schemas) shapes.push_back(comparison.shape_of(schema, 0));
    for (size_t a = 0; a < shapes.size(); ++a) {
        for (size_t b = 0; b < shapes.size(); ++b) {
            if (a != b && !comparison.is_apart(shapes[a], shapes[b], 0)) return false;
        }
    }
    return true;
}

}  // namespace rwkvk::grammar
