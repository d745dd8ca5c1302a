#include "schema_texts.h"

#include <algorithm>
#include <array>
#include <vector>

#include "api_error.h"
#include "fields.h"

namespace rwkvk::server {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

constexpr size_t most_members = 1000;  // finding one in their order takes time for each of them
constexpr std::array holders = {"format", "json_schema", "response_format", "text", "tools"};

bool holds_schemas(const std::string& key) { return std::ranges::find(holders, key) != holders.end(); }

/// The members of the body that hold schemas, in their order.
ordered_json parse_in_order(const std::string& body) {
    std::vector<size_t> members;  // so far, of the objects that are open, by their depth
    bool holds = false;
    const auto keep = [&](int depth, ordered_json::parse_event_t event, ordered_json& parsed) {
        using Event = ordered_json::parse_event_t;
        const auto level = static_cast<size_t>(depth);
        if (event == Event::object_start) {
            members.resize(level + 1);
            members[level] = 0;
        }
        if (event != Event::key) return true;
        if (depth == 1) return holds = holds_schemas(parsed.get<std::string>());
        if (++members[level - 1] > most_members && holds)
            throw bad_request("expected objects of at most " + std::to_string(most_members) +
                              " members in schemas, found one of more");
        return true;
    };
    return ordered_json::parse(body, keep);
}

void make_text(json& body, const ordered_json& in_order, const std::string& place) {
    const json::json_pointer here(place);
    const ordered_json::json_pointer there(place);
    if (body.contains(here) && body[here].is_object() && in_order.contains(there))
        body[here] = in_order.at(there).dump();
}

}  // namespace

json parse_request(const std::string& body) {
    json request = parse_object(body);
    if (std::ranges::none_of(holders, [&](const char* name) { return request.contains(name); }))
        return request;
    const ordered_json in_order = parse_in_order(body);
    for (const char* const place : {"/format", "/json_schema", "/response_format/schema",
                                    "/response_format/json_schema/schema", "/text/format/schema"})
        make_text(request, in_order, place);
    const size_t tools = request.contains("tools") ? request["tools"].size() : 0;
    for (size_t i = 0; i < tools; ++i) {
        const std::string tool = "/tools/" + std::to_string(i);
        for (const char* const name : {"/function/parameters", "/parameters", "/input_schema"})
            make_text(request, in_order, tool + name);
    }
    return request;
}

std::string schema_text(const json& schema) {
    return schema.is_string() ? schema.get<std::string>() : schema.dump();
}

}  // namespace rwkvk::server
