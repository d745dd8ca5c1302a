#include "items.h"

#include <algorithm>
#include <charconv>
#include <functional>

#include "talk/conversation.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

constexpr size_t most_items = 4096, most_pairs = 16, most_key = 64, most_value = 512;

json part_of(const std::string& role, std::string text) {
    if (role == "assistant") return output_part(text);
    return {{"type", "input_text"}, {"text", std::move(text)}};
}

json parts_of(const json& content, const std::string& where, const std::string& role) {
    if (content.is_string()) return json::array({part_of(role, content.get<std::string>())});
    if (!content.is_array() || content.size() > most_items)
        throw bad_request(where + ": expected a text or a list of parts, found another");
    json parts = json::array();
    for (size_t i = 0; i < content.size(); ++i) {
        const std::string place = where + "[" + std::to_string(i) + "].";
        const Fields part(content[i], place);
        const std::string type = part.text("type").value_or("");
        if (type != "input_text" && type != "output_text" && type != "text")
            throw not_supported(place + "type '" + type + "'");
        const auto text = part.text("text");
        if (!text) throw bad_request(place + "text: expected a text, found none");
        parts.push_back(part_of(role, *text));
    }
    return parts;
}

json call_item_of(const Fields& fields, const std::string& where, const std::string& id) {
    json item = {{"id", id}, {"type", "function_call"}, {"status", "completed"}};
    for (const char* const name : {"call_id", "name", "arguments"}) {
        const auto text = fields.text(name);
        if (!text) throw bad_request(where + name + ": expected a text, found none");
        item[name] = *text;
    }
    return item;
}

/// What a tool gave back, in a field of an item or of a chat's message.
json output_item_of(const Fields& fields, const std::string& where, const std::string& id, const char* call,
                    const char* output) {
    const json* const given = fields.find(output);
    if (!given) throw bad_request(where + output + ": expected a text or a list of parts, found none");
    return {{"id", id},
            {"type", "function_call_output"},
            {"call_id", fields.text(call).value_or("")},
            {"output", text_of_parts(parts_of(*given, where + output, "tool"))},
            {"status", "completed"}};
}

json item_of(const json& object, const std::string& where, const std::string& id) {
    const Fields fields(object, where);
    const std::string type = fields.text("type").value_or("message");
    if (type == "reasoning") return nullptr;  // is no part of the history
    if (type == "function_call") return call_item_of(fields, where, id);
    if (type == "function_call_output") return output_item_of(fields, where, id, "call_id", "output");
    if (type != "message") throw not_supported(where + "type '" + type + "'");
    const std::string role = fields.text("role").value_or("");
    if (role == "tool") return output_item_of(fields, where, id, "tool_call_id", "content");
    if (role != "user" && role != "assistant" && role != "system" && role != "developer")
        throw bad_request(where + "role: expected user, assistant, system, developer or tool, found '" +
                          role + "'");
    const json* const content = fields.find("content");
    const bool only_calls = !content && fields.find("tool_calls");
    if (!content && !only_calls)
        throw bad_request(where + "content: expected a text or a list of parts, found none");
    return {{"id", id},
            {"type", "message"},
            {"role", role},
            {"status", "completed"},
            {"content", parts_of(only_calls ? json("") : *content, where + "content", role)}};
}

/// The calls in an answer of a chat are items of their own.
void add_calls(json& items, const json& message, const std::string& where,
               const std::function<std::string()>& next_id) {
    const Fields fields(message, where);
    size_t count = 0;
    for (const ToolCall& call : read_calls(fields, where)) {
        const json& given = message.at("tool_calls").at(count++);
        items.push_back(call_item(next_id(), {given.value("id", ""), call}, "completed"));
    }
}

}  // namespace

json read_items(const Fields& fields, const char* name, const std::string& suffix) {
    const json* const input = fields.find(name);
    json items = json::array();
    const auto id = [&] { return "msg_" + suffix + "_" + std::to_string(items.size()); };
    if (!input) throw bad_request(std::string(name) + ": expected a text or a list of items, found none");
    if (input->is_string())
        return json::array({item_of({{"role", "user"}, {"content", *input}}, std::string(name) + ".", id())});
    if (!input->is_array() || input->empty() || input->size() > most_items)
        fields.refuse(name, "a text or a list of 1 to " + std::to_string(most_items) + " items");
    for (size_t i = 0; i < input->size(); ++i) {
        const std::string where = std::string(name) + "[" + std::to_string(i) + "].";
        json item = item_of((*input)[i], where, id());
        if (item.is_null()) continue;
        items.push_back(std::move(item));
        if ((*input)[i].contains("tool_calls")) add_calls(items, (*input)[i], where, id);
    }
    return items;
}

json output_part(const std::string& text) {
    return {
        {"type", "output_text"}, {"text", text}, {"annotations", json::array()}, {"logprobs", json::array()}};
}

json reasoning_item(const std::string& suffix, const std::string& text, const std::string& status) {
    json content = json::array();
    if (!text.empty()) content.push_back({{"type", "reasoning_text"}, {"text", text}});
    return {{"id", "rs_" + suffix},
            {"type", "reasoning"},
            {"summary", json::array()},
            {"content", std::move(content)},
            {"status", status}};
}

json message_item(const std::string& suffix, const std::string& text, const std::string& status) {
    json content = json::array();
    if (status != "in_progress") content.push_back(output_part(text));
    return {{"id", "msg_" + suffix},
            {"type", "message"},
            {"role", "assistant"},
            {"status", status},
            {"content", std::move(content)}};
}

std::string call_item_id(const std::string& suffix, size_t index) {
    return "fc_" + suffix + "_" + std::to_string(index);
}

json call_item(const std::string& id, const Call& call, const std::string& status) {
    return {{"id", id},
            {"type", "function_call"},
            {"call_id", call.id},
            {"name", call.of.name},
            {"arguments", call.of.arguments},
            {"status", status}};
}

json output_items(const std::string& suffix, const Choice& choice, const std::string& status) {
    json items = json::array();
    if (!choice.reasoning.empty()) items.push_back(reasoning_item(suffix, choice.reasoning, status));
    if (!choice.text.empty() || choice.calls.empty())
        items.push_back(message_item(suffix, choice.text, status));
    for (size_t i = 0; i < choice.calls.size(); ++i)
        items.push_back(call_item(call_item_id(suffix, i), choice.calls[i], status));
    return items;
}

json page_of_items(json items, const std::string& query) {
    const size_t limit = query_limit(query, 20, 100);
    const std::string order = query_value(query, "order"), after = query_value(query, "after");
    if (!order.empty() && order != "asc" && order != "desc")
        throw bad_request("order: expected asc or desc, found '" + order + "'");
    if (order != "asc") std::reverse(items.begin(), items.end());
    if (!after.empty()) {
        const auto found =
            std::find_if(items.begin(), items.end(), [&](const json& i) { return i.at("id") == after; });
        items.erase(items.begin(), found == items.end() ? found : found + 1);
    }
    const bool more = items.size() > limit;
    if (more) items.erase(items.begin() + static_cast<std::ptrdiff_t>(limit), items.end());
    return list_of(std::move(items), more);
}

json list_of(json data, bool has_more) {
    const json first = data.empty() ? json() : data.front().at("id"),
               last = data.empty() ? json() : data.back().at("id");
    return {{"object", "list"},
            {"data", std::move(data)},
            {"first_id", first},
            {"last_id", last},
            {"has_more", has_more}};
}

std::string query_value(const std::string& query, const std::string& name) {
    for (size_t begin = 0; begin < query.size();) {
        const size_t end = std::min(query.find('&', begin), query.size());
        const std::string pair = query.substr(begin, end - begin);
        if (pair.starts_with(name + "=")) return pair.substr(name.size() + 1);
        begin = end + 1;
    }
    return "";
}

size_t query_limit(const std::string& query, size_t otherwise, size_t most) {
    const std::string text = query_value(query, "limit");
    if (text.empty()) return otherwise;
    size_t limit = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (error != std::errc() || end != text.data() + text.size() || limit < 1 || limit > most)
        throw bad_request("limit: expected a whole number from 1 to " + std::to_string(most) + ", found '" +
                          text + "'");
    return limit;
}

json read_metadata(const Fields& fields) {
    const json* const metadata = fields.find("metadata");
    if (!metadata) return json::object();
    if (!metadata->is_object() || metadata->size() > most_pairs)
        fields.refuse("metadata", "an object of at most 16 texts");
    for (const auto& [key, value] : metadata->items()) {
        if (key.size() > most_key || !value.is_string() ||
            value.get_ref<const std::string&>().size() > most_value)
            fields.refuse("metadata", "names of at most 64 bytes and texts of at most 512");
    }
    return *metadata;
}

}  // namespace rwkvk::server
