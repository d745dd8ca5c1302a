#include "grammar_fields.h"

#include "api_error.h"
#include "fields.h"

namespace rwkvk::server {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

/// Where a schema stands in the body, "" for none; `any` is set for any object of JSON.
std::string schema_place(const Fields& fields, bool& any) {
    const json* const format = fields.find("response_format");
    if (!format) return fields.find("json_schema") ? "/json_schema" : "";
    const Fields how(*format, "response_format.");
    const std::string type = how.text("type").value_or("");
    if (type == "text") return fields.find("json_schema") ? "/json_schema" : "";
    if (fields.find("json_schema"))
        throw bad_request("json_schema: there is a response_format already; leave out one");
    any = type == "json_object" && !how.find("schema");
    if (type == "json_object") return any ? "" : "/response_format/schema";
    if (type != "json_schema") {
        throw bad_request("response_format.type: expected text, json_object or json_schema, found '" + type +
                          "'");
    }
    const json* const named = how.find("json_schema");
    if (!named || !Fields(*named, "response_format.json_schema.").find("schema"))
        throw bad_request("response_format.json_schema.schema: expected a schema, found none");
    return "/response_format/json_schema/schema";
}

}  // namespace

std::shared_ptr<const Grammar> read_grammar(const json& body, const std::string& text,
                                            const Tokenizer& tokenizer) {
    const Fields fields(body);
    const std::string gbnf = fields.text("grammar").value_or("");
    bool any = false;
    const std::string place = schema_place(fields, any);
    if (!gbnf.empty() && (any || !place.empty()))
        throw bad_request("grammar: there is a schema or response_format already; leave out one");
    const auto share = [](Grammar made) { return std::make_shared<const Grammar>(std::move(made)); };
    if (!gbnf.empty()) return share(Grammar::gbnf(tokenizer, gbnf));
    if (any) return share(Grammar::json_schema(tokenizer, R"({"type": "object"})"));
    if (place.empty()) return nullptr;
    const std::string schema = ordered_json::parse(text).at(ordered_json::json_pointer(place)).dump();
    return share(Grammar::json_schema(tokenizer, schema));
}

}  // namespace rwkvk::server
