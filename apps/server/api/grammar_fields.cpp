#include "grammar_fields.h"

#include "api_error.h"
#include "schema_texts.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

/// The schema that answers are wanted by, "" for none.
std::string schema_of(const Fields& fields) {
    const json* const bare = fields.find("json_schema");
    const json* const format = fields.find("response_format");
    const std::string type = format ? Fields(*format, "response_format.").text("type").value_or("") : "text";
    if (type == "text") return bare ? schema_text(*bare) : "";
    if (bare) throw bad_request("json_schema: there is a response_format already; leave out one");
    const Fields how(*format, "response_format.");
    if (type == "json_object") {
        const json* const schema = how.find("schema");
        return schema ? schema_text(*schema) : R"({"type": "object"})";
    }
    if (type != "json_schema") {
        throw bad_request("response_format.type: expected text, json_object or json_schema, found '" + type +
                          "'");
    }
    const json* const named = how.find("json_schema");
    const json* const schema =
        named ? Fields(*named, "response_format.json_schema.").find("schema") : nullptr;
    if (!schema) throw bad_request("response_format.json_schema.schema: expected a schema, found none");
    return schema_text(*schema);
}

}  // namespace

std::shared_ptr<const Grammar> read_grammar(const Fields& fields, const Tokenizer& tokenizer) {
    const std::string gbnf = fields.text("grammar").value_or(""), schema = schema_of(fields);
    if (!gbnf.empty() && !schema.empty())
        throw bad_request("grammar: there is a schema or response_format already; leave out one");
    if (gbnf.empty() && schema.empty()) return nullptr;
    return std::make_shared<const Grammar>(gbnf.empty() ? Grammar::json_schema(tokenizer, schema)
                                                        : Grammar::gbnf(tokenizer, gbnf));
}

}  // namespace rwkvk::server
