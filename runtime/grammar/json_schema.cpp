#include "runtime/grammar/json_schema.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "host/error.h"
#include "runtime/grammar/json_parts.h"
#include "runtime/grammar/one_of.h"
#include "runtime/grammar/pattern.h"
#include "runtime/grammar/schema_view.h"

namespace rwkvk::grammar {
namespace {

using load::JsonKind;
using load::JsonValue;

constexpr size_t most_one_of = 100;  // which are compared with one another

/// A schema and where it stands.
struct Place {
    JsonValue schema;
    std::string where;
};

/// What is said of an object's members, by one schema or by all of an allOf.
struct Members {
    std::vector<std::pair<std::string, Place>> named;
    std::vector<std::string> required;
    std::optional<Place> others;

    bool has(const std::string& name) const {
        return std::ranges::any_of(named, [&](const auto& member) { return member.first == name; });
    }
};

/// Contents of strings by the names of their formats, as expressions.
const std::map<std::string, std::string>& formats() {
    static const std::string year = "(?:000[1-9]|00[1-9]\\d|0[1-9]\\d\\d|[1-9]\\d{3})";
    static const std::string leap_year =
        "(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)";
    static const std::string date = "(?:" + year +
                                    "-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|"
                                    "[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))|" +
                                    leap_year + "-02-29)";
    static const std::string time =
        "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,6})?(?:Z|[+\\-](?:[01]\\d|2[0-3]):[0-5]\\d)";
    static const std::map<std::string, std::string> all = {
        {"date", "^" + date + "$"},
        {"time", "^" + time + "$"},
        {"date-time", "^" + date + "T" + time + "$"},
        {"uuid", "^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"}};
    return all;
}

class Converter {
  public:
    Converter(const SchemaDocument& document, Rules& rules)
        : document_(document), rules_(rules), parts_(rules) {}

    uint32_t run() {
        const uint32_t root = rule_of({document_.root(), "#"});
        while (!open_.empty()) {
            const auto [rule, place] = std::move(open_.back());
            open_.pop_back();
            rules_.define(rule, convert(place));
        }
        return root;
    }

  private:
    /// One rule for each schema of the document, however many refer to it.
    uint32_t rule_of(const Place& place) {
        const auto [known, is_new] = rule_at_.try_emplace(place.schema.at(), 0);
        if (is_new) {
            known->second = rules_.declare(concat("JSON schema, ", quote(place.where)));
            open_.emplace_back(known->second, place);
        }
        return known->second;
    }
    Node call(const Place& place) { return rules_.call(rule_of(place)); }

    Node convert(const Place& place) {
        if (place.schema.kind() == JsonKind::boolean)
            return place.schema.boolean() ? parts_.value() : rules_.characters({});
        SchemaView view(place.schema, place.where);
        if (const auto reference = view.take_text("$ref")) {
            view.finish("beside $ref");
            return call({document_.referred(*reference, place.where), *reference});
        }
        if (view.has("const") || view.has("enum")) return fixed_values(view);
        for (const char* const keyword : {"anyOf", "oneOf"}) {
            if (view.has(keyword)) return branches(view, keyword);
        }
        if (view.has("allOf")) return all_of(view);
        return by_types(view);
    }

    /// The schemas in a keyword's list.
    std::vector<Place> places(SchemaView& view, const std::string& keyword) {
        const auto list = view.take(keyword);
        std::vector<Place> result;
        if (!list) return result;
        if (list->kind() == JsonKind::array) {
            for (const JsonValue& item : list->items())
                result.push_back({item, concat(view.place(keyword), "/", result.size())});
        }
        if (result.empty()) fail_schema(view.place(keyword), "expected a list of schemas that is not empty");
        return result;
    }

    Node branches(SchemaView& view, const std::string& keyword) {
        const std::vector<Place> list = places(view, keyword);
        view.finish(concat("beside ", keyword));
        if (keyword == "oneOf") check_apart(list, view.place(keyword));
        std::vector<Node> ways;
        for (const Place& place : list) ways.push_back(call(place));
        return rules_.choice(ways);
    }

    void check_apart(const std::vector<Place>& list, const std::string& where) {
        if (list.size() > most_one_of)
            fail_schema(where, concat("expected at most ", most_one_of, " schemas; say anyOf"));
        std::vector<JsonValue> schemas;
        for (const Place& place : list) schemas.push_back(place.schema);
        if (are_apart(document_, schemas)) return;
        fail_schema(
            where,
            "a value might be valid by several of these, which oneOf forbids; say anyOf, or make them differ "
            "in type or in a required member");
    }

    static bool has_type(const JsonValue& value, const std::string& type) {
        switch (value.kind()) {
            case JsonKind::null:
                return type == "null";
            case JsonKind::boolean:
                return type == "boolean";
            case JsonKind::number: {
                const load::JsonNumber number = value.number();
                const auto* const real = std::get_if<double>(&number);
                return type == "number" || (type == "integer" && (!real || *real == std::floor(*real)));
            }
            case JsonKind::text:
                return type == "string";
            case JsonKind::array:
                return type == "array";
            case JsonKind::object:
                return type == "object";
        }
        return false;
    }

    Node fixed_values(SchemaView& view) {
        std::vector<JsonValue> values;
        if (const auto list = view.take("enum")) {
            if (list->kind() != JsonKind::array) fail_schema(view.place("enum"), "expected a list of values");
            for (const JsonValue& value : list->items()) values.push_back(value);
        }
        if (const auto value = view.take("const")) {
            if (!values.empty()) view.fail("const beside enum is not supported");
            values.push_back(*value);
        }
        const std::vector<std::string> types = take_types(view);
        view.finish("beside const or enum");
        std::vector<Node> ways;
        for (const JsonValue& value : values) {
            const auto fits = [&](const std::string& type) { return has_type(value, type); };
            if (types.empty() || std::ranges::any_of(types, fits))
                ways.push_back(rules_.text(document_.written(value)));
        }
        if (ways.empty()) view.fail("no value is left");
        return rules_.choice(ways);
    }

    std::vector<std::string> take_types(SchemaView& view) {
        if (!view.has("type")) return {};
        const auto type = view.take("type");
        std::vector<std::string> types;
        if (type->kind() == JsonKind::text) {
            types.push_back(type->text());
        } else if (type->kind() == JsonKind::array) {
            for (const JsonValue& one : type->items())
                types.push_back(one.kind() == JsonKind::text ? one.text() : "");
        }
        const auto known = {"null", "boolean", "integer", "number", "string", "array", "object"};
        for (const std::string& name : types) {
            if (std::ranges::find(known, name) == known.end()) types.clear();
        }
        if (types.empty())
            fail_schema(view.place("type"),
                        "expected null, boolean, integer, number, string, array, object or a list of them");
        return types;
    }

    /// What the keywords are about, where no type is said.
    std::vector<std::string> implied_types(const SchemaView& view) {
        const std::pair<const char*, std::vector<const char*>> groups[] = {
            {"object", {"properties", "required", "additionalProperties"}},
            {"array", {"items", "prefixItems", "minItems", "maxItems"}},
            {"string", {"minLength", "maxLength", "pattern", "format"}}};
        std::vector<std::string> types;
        for (const auto& [type, keywords] : groups) {
            if (std::ranges::any_of(keywords, [&](const char* keyword) { return view.has(keyword); }))
                types.push_back(type);
        }
        return types;
    }

    Node by_types(SchemaView& view) {
        std::vector<std::string> types = take_types(view);
        if (types.empty()) types = implied_types(view);
        if (types.empty()) {
            view.finish();
            return parts_.value();
        }
        if (std::ranges::count(types, "number") > 0) std::erase(types, "integer");
        std::vector<Node> ways;
        for (const std::string& type : types) ways.push_back(of_type(type, view));
        view.finish(types.size() == 1 ? concat("for the type ", types[0]) : "");
        return rules_.choice(ways);
    }

    Node of_type(const std::string& type, SchemaView& view) {
        if (type == "null") return rules_.text("null");
        if (type == "boolean") return rules_.choice({rules_.text("true"), rules_.text("false")});
        if (type == "number") return parts_.number();
        if (type == "integer") return integer(view);
        if (type == "string") return string(view);
        return type == "array" ? array(view) : object(members_of(view));
    }

    /// A bound as a whole number; `up`: rounded up where it is none. Far ones are brought near.
    static int64_t whole(const SchemaView& view, const std::string& keyword, const JsonValue& value,
                         bool up) {
        if (value.kind() != JsonKind::number) fail_schema(view.place(keyword), "expected a number");
        constexpr auto bound = static_cast<double>(largest_integer + 1);
        const auto clamped = [&](double to) { return static_cast<int64_t>(std::clamp(to, -bound, bound)); };
        const load::JsonNumber number = value.number();
        if (const auto* const real = std::get_if<double>(&number))
            return clamped(up ? std::ceil(*real) : std::floor(*real));
        if (const auto* const positive = std::get_if<uint64_t>(&number))
            return static_cast<int64_t>(std::min(*positive, static_cast<uint64_t>(largest_integer) + 1));
        return std::max(std::get<int64_t>(number), -largest_integer - 1);
    }

    Node integer(SchemaView& view) {
        if (!view.has("minimum") && !view.has("maximum") && !view.has("exclusiveMinimum") &&
            !view.has("exclusiveMaximum"))
            return parts_.integer();
        int64_t least = -largest_integer, most = largest_integer;
        if (const auto bound = view.take("minimum"))
            least = std::max(least, whole(view, "minimum", *bound, /*up*/ true));
        if (const auto bound = view.take("maximum"))
            most = std::min(most, whole(view, "maximum", *bound, /*up*/ false));
        // The next number beyond one that is excluded, or the first beyond a fraction.
        if (const auto bound = view.take("exclusiveMinimum"))
            least = std::max(least, whole(view, "exclusiveMinimum", *bound, /*up*/ false) + 1);
        if (const auto bound = view.take("exclusiveMaximum"))
            most = std::min(most, whole(view, "exclusiveMaximum", *bound, /*up*/ true) - 1);
        if (least > most) view.fail("no whole number of at most 16 digits is within the bounds");
        return parts_.integer_between(least, most);
    }

    /// A most and a least; a most that is too large to be counted to is brought down.
    std::pair<uint32_t, uint32_t> counts(SchemaView& view, const std::string& least_name,
                                         const std::string& most_name) {
        const uint32_t least = view.take_count(least_name, most_repetitions).value_or(0);
        const auto given = view.take_count(most_name, UINT32_MAX - 1);
        const uint32_t most = given ? std::min(*given, most_repetitions) : unlimited;
        if (least > most) view.fail(concat(least_name, " is more than ", most_name));
        return {least, most};
    }

    Node string(SchemaView& view) {
        const bool counted = view.has("minLength") || view.has("maxLength");
        const auto [least, most] = counts(view, "minLength", "maxLength");
        auto expression = view.take_text("pattern");
        const auto format = view.take_text("format");
        if ((counted && (expression || format)) || (expression && format))
            view.fail("pattern, format and lengths of the same string are not supported: say one of them");
        if (format) {
            const auto known = formats().find(*format);
            if (known == formats().end()) {
                fail_schema(view.place("format"),
                            concat("the format ", quote(*format),
                                   " is not supported; date, time, date-time and uuid are"));
            }
            expression = known->second;
        }
        if (!expression && !counted) return parts_.string();
        const Node content =
            expression
                ? pattern(*expression, concat("JSON schema, ", quote(view.place("pattern"))), rules_, parts_)
                : rules_.repeat(parts_.character(), least, most);
        return rules_.sequence({rules_.text("\""), content, rules_.text("\"")});
    }

    Node array(SchemaView& view) {
        const auto [least, most] = counts(view, "minItems", "maxItems");
        if (const auto unique = view.take("uniqueItems")) {
            if (unique->kind() != JsonKind::boolean || unique->boolean())
                view.fail("uniqueItems is not supported");
        }
        std::vector<Node> first;
        for (const Place& place : places(view, "prefixItems")) first.push_back(call(place));
        if (first.size() > most) first.resize(most);
        std::optional<Node> further;
        if (const auto items = view.take("items")) {
            further = call({*items, view.place("items")});
        } else if (first.empty() || first.size() < least) {
            further = parts_.value();
        }
        return parts_.array(items(first, further, least, most));
    }

    /// Those of `first` in their order, and then any number of `further`; a comma is before all but the
    /// first.
    Node items(const std::vector<Node>& first, std::optional<Node> further, uint32_t least, uint32_t most) {
        if (most == 0) return rules_.text("");
        const auto known = static_cast<uint32_t>(first.size());
        const uint32_t done = std::max<uint32_t>(known, 1);
        Node rest = rules_.text("");
        if (further && most > done) {
            const Node one = rules_.sequence({parts_.comma(), *further});
            rest = rules_.repeat(one, least > done ? least - done : 0,
                                 most == unlimited ? unlimited : most - done);
        }
        for (uint32_t i = known; i-- > 1;) {
            const Node one = rules_.sequence({parts_.comma(), first[i], rest});
            rest = rules_.call(rules_.add("items", i < least ? one : rules_.optional(one)));
        }
        const Node all = rules_.sequence({known > 0 ? first[0] : *further, rest, parts_.space()});
        return least > 0 ? all : rules_.optional(all);
    }

    Members members_of(SchemaView& view) {
        Members members;
        if (const auto named = view.take("properties")) {
            if (named->kind() != JsonKind::object)
                fail_schema(view.place("properties"), "expected an object of schemas");
            named->for_each_member([&](const JsonValue& key, const JsonValue& schema) {
                members.named.emplace_back(key.text(), Place{schema, view.place("properties/" + key.text())});
            });
        }
        members.required = view.take_texts("required");
        if (const auto others = view.take("additionalProperties"))
            members.others = Place{*others, view.place("additionalProperties")};
        return members;
    }

    Node all_of(SchemaView& view) {
        const std::vector<Place> list = places(view, "allOf");
        Members members = object_members(view, list.size() > 1);
        if (list.size() == 1 && members.named.empty() && members.required.empty()) return call(list[0]);
        for (const Place& place : list) add_members(place, members, 0);
        return object(members);
    }

    /// Of a schema that is part of an allOf.
    Members object_members(SchemaView& view, bool is_part) {
        for (const std::string& type : take_types(view)) {
            if (type != "object") view.fail("allOf of other schemas than objects is not supported");
        }
        Members members = members_of(view);
        view.finish("with allOf");
        const bool any = members.others && members.others->schema.kind() == JsonKind::boolean &&
                         members.others->schema.boolean();
        if (is_part && members.others && !any) view.fail("additionalProperties with allOf is not supported");
        return members;
    }

    void add_members(const Place& place, Members& to, size_t depth) {
        if (depth > most_schema_depth) fail_schema(place.where, "allOf refers to itself");
        if (place.schema.kind() == JsonKind::boolean && place.schema.boolean()) return;
        SchemaView view(place.schema, place.where);
        if (const auto reference = view.take_text("$ref")) {
            view.finish("beside $ref");
            return add_members({document_.referred(*reference, place.where), *reference}, to, depth + 1);
        }
        if (view.has("allOf")) {
            for (const Place& part : places(view, "allOf")) add_members(part, to, depth + 1);
        }
        Members more = object_members(view, /*is_part*/ true);
        for (auto& member : more.named) {
            if (to.has(member.first))
                fail_schema(member.second.where,
                            "a member that two schemas of an allOf name is not supported");
            to.named.push_back(std::move(member));
        }
        to.required.insert(to.required.end(), more.required.begin(), more.required.end());
        if (more.others) to.others = more.others;
    }

    Node object(const Members& members) {
        if (members.named.empty() && members.required.empty() && !members.others)
            return parts_.object(parts_.string(), parts_.value());
        std::set<std::string> required(members.required.begin(), members.required.end());
        std::vector<std::string> names;
        std::vector<Rules::Member> list;
        const auto add = [&](const std::string& name, Node value) {
            names.push_back(name);
            const Node key = rules_.text(load::json_quoted(name) + ":");
            list.push_back({rules_.sequence({key, parts_.space(), value}), required.erase(name) > 0});
        };
        for (const auto& [name, place] : members.named) add(name, call(place));
        const Node other = members.others ? call(*members.others) : parts_.value();
        for (const std::string& name : std::set<std::string>(required))
            add(name, other);  // named nowhere else
        if (members.others) {
            const Node key = names.empty() ? parts_.string() : parts_.string_but(names);
            list.push_back({parts_.members(key, other), false});
        }
        const Node space = parts_.space();
        return rules_.sequence(
            {rules_.text("{"), space, rules_.list(list, parts_.comma()), space, rules_.text("}")});
    }

    const SchemaDocument& document_;
    Rules& rules_;
    JsonParts parts_;
    std::map<size_t, uint32_t> rule_at_;  // by where the schema stands in the text
    std::vector<std::pair<uint32_t, Place>> open_;
};

}  // namespace

uint32_t add_json_schema(std::string_view schema, Rules& rules) {
    const SchemaDocument document(schema);
    return Converter(document, rules).run();
}

}  // namespace rwkvk::grammar
