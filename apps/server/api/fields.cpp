#include "fields.h"

#include <cmath>
#include <sstream>

#include "api_error.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

constexpr int deepest = 64;
constexpr size_t shown = 60;  // bytes of a value in an error

std::string excerpt(const json& value) {
    const std::string text = to_text(value);
    return text.size() <= shown ? text : to_text(text.substr(0, shown)) + "...";
}

}  // namespace

json parse_object(const std::string& body) {
    const auto limit_depth = [](int depth, json::parse_event_t, json&) {
        if (depth > deepest)
            throw bad_request("the body is JSON of more than " + std::to_string(deepest) + " levels");
        return true;
    };
    json object;
    try {
        object = json::parse(body, limit_depth);
    } catch (const json::exception& error) {
        throw bad_request("the body is no JSON: " + std::string(error.what()));
    }
    if (!object.is_object()) throw bad_request("the body is no JSON object: found " + excerpt(object));
    return object;
}

Fields::Fields(const json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) {
        const std::string name = where_.empty() ? "the body" : where_.substr(0, where_.size() - 1);
        throw bad_request(name + ": expected an object, found " + excerpt(object));
    }
}

const json* Fields::find(const char* name) const {
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void Fields::refuse(const char* name, const std::string& expected) const {
    throw bad_request(where_ + name + ": expected " + expected + ", found " + excerpt(object_.at(name)));
}

std::optional<double> Fields::number(const char* name, double low, double high) const {
    const json* const value = find(name);
    if (!value) return std::nullopt;
    const double number = value->is_number() ? value->get<double>() : NAN;
    if (number >= low && number <= high) return number;
    std::ostringstream range;
    range << "a number from " << low << " to " << high;
    refuse(name, range.str());
}

std::optional<int64_t> Fields::integer(const char* name, int64_t low, int64_t high) const {
    const json* const value = find(name);
    if (!value) return std::nullopt;
    // 3.0 is what some languages make of 3.
    const double number = value->is_number() ? value->get<double>() : NAN;
    const bool whole = value->is_number_integer() || number == std::trunc(number);
    if (whole && number >= static_cast<double>(low) && number <= static_cast<double>(high)) {
        const auto integer =
            value->is_number_integer() ? value->get<int64_t>() : static_cast<int64_t>(number);
        if (integer >= low && integer <= high) return integer;
    }
    refuse(name, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
}

std::optional<bool> Fields::boolean(const char* name) const {
    const json* const value = find(name);
    if (!value) return std::nullopt;
    if (!value->is_boolean()) refuse(name, "true or false");
    return value->get<bool>();
}

std::optional<std::string> Fields::text(const char* name) const {
    const json* const value = find(name);
    if (!value) return std::nullopt;
    if (!value->is_string()) refuse(name, "a text");
    return value->get<std::string>();
}

std::vector<std::string> Fields::texts(const char* name, size_t most) const {
    const json* const value = find(name);
    if (!value) return {};
    if (value->is_string()) return {value->get<std::string>()};
    const std::string expected = "a text or a list of at most " + std::to_string(most) + " texts";
    if (!value->is_array() || value->size() > most) refuse(name, expected);
    std::vector<std::string> texts;
    for (const json& text : *value) {
        if (!text.is_string()) refuse(name, expected);
        texts.push_back(text.get<std::string>());
    }
    return texts;
}

}  // namespace rwkvk::server
