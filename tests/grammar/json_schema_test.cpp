// What JSON schemas let through, keyword by keyword, and what is not supported.
#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

#include "tests/grammar/grammars.h"
#include "tests/support/refusal.h"

namespace rwkvk {
namespace {

using test::check_contains;
using test::refusal_of;
using test::schema;

void check(const std::string& text, std::initializer_list<const char*> valid,
           std::initializer_list<const char*> others) {
    const auto grammar = schema(text);
    for (const char* const value : valid)
        CHECK_MESSAGE(test::takes(grammar, value), text, " refuses ", value);
    for (const char* const value : others)
        CHECK_MESSAGE(!test::takes(grammar, value), text, " takes ", value);
}

void check_refused(const std::string& text, const char* part) {
    check_contains(refusal_of([&] { schema(text); }, Code::bad_argument), part);
}

TEST_CASE("types") {
    check(R"({"type": "string"})", {R"("")", R"("a é\n\u00e9\"")"},
          {"\"\n\"", "\"a", "1", R"("\ud800")", R"("\x")"});
    check(R"({"type": "integer"})", {"0", "-12", "9007199254740993"},
          {"01", "1.0", "-", "12345678901234567"});
    check(R"({"type": "number"})", {"0", "-1.5", "1e+5", "0.25E-7"}, {".5", "1.", "1e", "01.5", "1e999"});
    check(R"({"type": ["boolean", "null"]})", {"true", "false", "null"}, {"True", "\"null\""});
    check(R"({"type": "array"})", {"[]", "[1, \"a\", [null]]", "[\n  1,\n  2\n]"}, {"[1,]", "[1 2]", "["});
    check(R"({"type": "object"})", {"{}", R"({"a": 1, "b": {"c": []}})"},
          {"{\"a\"}", "{a: 1}", "{\"a\":1,}"});
    check("{}", {"1", "[{}]", "null", "\"x\""}, {"", "nul"});
    check("true", {"1"}, {""});
    check(R"({"title": "t", "description": "d", "default": 1, "examples": [2], "$comment": "c"})", {"3"}, {});
}

TEST_CASE("white space between tokens has an end") {
    check(R"({"type": "array", "items": {"const": 1}})", {"[ 1, 1 ]", "[1,1]", "[\n                    1]"},
          {"[\n\n1]", "[  1]", "[\n                     1]", "[ \n1]", "[\t1]", " [1]", "[1] "});
}

TEST_CASE("members come in their order, those that are not required may be left out") {
    check(
        R"({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "boolean"}, "c": {}}, "required": ["b"]})",
        {R"({"b": true})", R"({"a": 1, "b": false})", R"({"b":true,"c":{}})", R"({"a":1,"b":true,"c":null})"},
        {"{}", R"({"a":1})", R"({"b":true,"a":1})", R"({"b":true,"b":true})", R"({"b":true,})",
         R"({"b":true,"d":1})"});
    check(R"({"properties": {"a": {"const": 1}, "b": {"const": 2}, "c": {"const": 3}}})",
          {"{}", R"({"a":1})", R"({"b":2})", R"({"c":3})", R"({"a":1,"c":3})", R"({"b":2,"c":3})"},
          {R"({"c":3,"b":2})", "{,\"a\":1}", "1"});
    check(R"({"type": "object", "required": ["x"]})", {R"({"x":[1]})"}, {"{}", R"({"y":1})"});
    check(R"({"properties": {"k\"\\": {"const": 1}}})", {R"({"k\"\\":1})"}, {R"({"k":1})"});
}

TEST_CASE("members besides have other names") {
    check(
        R"({"type": "object", "properties": {"a": {"const": 1}, "ab": {"const": 2}}, "additionalProperties": {"type": "null"}})",
        {"{}", R"({"a":1,"ab":2})", R"({"x":null})", R"({"a":1,"abc":null,"b":null})", R"({"":null})"},
        {R"({"a":null})", R"({"ab":null})", R"({"x":1})", R"({"x":null,"a":1})", R"({"\u0061":null})"});
    check(R"({"type": "object", "additionalProperties": false})", {"{}"}, {R"({"a":1})"});
    check(R"({"type": "object", "required": ["a"], "additionalProperties": true})", {R"({"a":1,"b":2})"},
          {"{}"});
    check_refused(R"({"type": "object", "required": ["a"], "additionalProperties": false})",
                  "no text is ever complete");
}

TEST_CASE("arrays") {
    check(R"({"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 3})",
          {"[1,2]", "[1, 2, 3]"}, {"[]", "[1]", "[1,2,3,4]"});
    check(R"({"type": "array", "maxItems": 0})", {"[]"}, {"[1]"});
    check(
        R"({"prefixItems": [{"const": "a"}, {"type": "boolean"}], "items": {"type": "null"}, "minItems": 1})",
        {R"(["a"])", R"(["a",true])", R"(["a",true,null,null])"}, {"[]", "[true]", R"(["a",null])"});
    check(R"({"prefixItems": [{"const": 1}, {"const": 2}], "minItems": 2})", {"[1,2]"}, {"[1]", "[1,2,3]"});
    check(R"({"type": "array", "prefixItems": [{"const": 1}], "items": false})", {"[]", "[1]"}, {"[1,1]"});
    check_refused(R"({"type": "array", "minItems": 3, "maxItems": 2})", "minItems is more than maxItems");
    check_refused(R"({"type": "array", "uniqueItems": true})", "uniqueItems is not supported");
}

TEST_CASE("fixed values") {
    check(R"({"enum": ["a\"é", 1.50, null, [1, {"b": false}]]})",
          {R"("a\"é")", "1.50", "null", R"([1,{"b":false}])"}, {"1.5", "\"a\""});
    check(R"({"const": "x"})", {"\"x\""}, {"\"y\"", "x"});
    check(R"({"type": ["integer", "null"], "enum": [1, "1", null, 2.5, 3.0]})", {"1", "null", "3.0"},
          {"\"1\"", "2.5"});
    check_refused(R"({"type": "string", "enum": [1]})", "no value is left");
    check_refused(R"({"const": 1, "minimum": 0})", "'minimum' is not supported beside const or enum");
}

TEST_CASE("strings") {
    check(R"({"type": "string", "minLength": 2, "maxLength": 3})", {R"("ab")", R"("é中\n")", R"("\u0041ab")"},
          {R"("a")", R"("abcd")", R"("\n")"});
    check(R"({"type": "string", "maxLength": 1000000})", {R"("ab")"}, {});
    check(R"({"pattern": "^[a-c]{2,3}(x|\\d+)?$"})", {R"("ab")", R"("abcx")", R"("ab42")"},
          {R"("a")", R"("abxx")", R"("abd")"});
    check(R"({"pattern": "b+"})", {R"("b")", R"("abc")", R"("\"bb\\")"}, {R"("ac")"});
    check(R"({"pattern": "^a|b$"})", {R"("ax")", R"("xb")"}, {R"("xa")", R"("bx")"});
    check(R"({"pattern": "^\"\\\\\\n.\\w\\s[^\\W_]\\u00e9\\.$"})", {R"("\"\\\nxa 1é.")"},
          {R"("\"\\\nx- 1é.")", R"("\"\\\nxa _é.")"});
    check(R"({"pattern": "^(?:a|b)*?$"})", {R"("")", R"("abba")"}, {R"("c")"});
    check(R"({"format": "date"})",
          {R"("2024-02-29")", R"("2023-12-31")", R"("0004-02-29")", R"("2000-02-29")"},
          {R"("2023-02-29")", R"("1900-02-29")", R"("2023-04-31")", R"("0000-01-01")", R"("2023-13-01")"});
    check(R"({"format": "time"})", {R"("23:59:59Z")", R"("00:00:00.5+01:30")"},
          {R"("24:00:00Z")", R"("12:00:00")"});
    check(R"({"format": "date-time"})", {R"("2024-02-29T12:00:00Z")"}, {R"("2024-02-29 12:00:00Z")"});
    check(R"({"format": "uuid"})", {R"("123e4567-e89b-12d3-a456-426614174000")"},
          {R"("123e4567e89b12d3a456426614174000")"});
    check_refused(R"({"pattern": "(?=a)b"})", "begins with (? and no colon is not supported");
    check_refused(R"({"pattern": "(a)\\1"})", "line 1, column 4: this escape is not supported");
    check_refused(R"({"pattern": "\\bx"})", "this escape is not supported");
    check_refused(R"_({"pattern": "(^a)"})_", "^ within an expression is not supported");
    check_refused(R"_({"pattern": "a)"})_", "the end of the expression");
    check_refused(R"({"pattern": "a", "maxLength": 3})", "say one of them");
    check_refused(R"({"format": "email"})", "'email' is not supported; date, time");
}

TEST_CASE("bounds of integers") {
    const auto bounded = [](int low, int high) {
        return schema(concat(R"({"type": "integer", "minimum": )", low, R"(, "maximum": )", high, "}"));
    };
    for (const auto& [low, high] :
         {std::pair{0, 9}, {-3, 7}, {5, 123}, {-1234, -7}, {98, 1003}, {0, 0}, {-10, 0}, {999, 1000}}) {
        const auto grammar = bounded(low, high);
        for (int value = -1300; value <= 1300; ++value)
            REQUIRE_MESSAGE(test::takes(grammar, std::to_string(value)) == (low <= value && value <= high),
                            low, " ", value, " ", high);
    }
    check(R"({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 4})", {"2", "3"}, {"1", "4"});
    check(R"({"type": "integer", "minimum": 1.5, "exclusiveMaximum": 3.5})", {"2", "3"}, {"1", "4"});
    check(R"({"type": "integer", "exclusiveMinimum": 1.5, "maximum": 1e300})", {"2", "9999999999999999"},
          {"1", "-2"});
    check_refused(R"({"type": "integer", "minimum": 18446744073709551615})",
                  "at most 16 digits is within the bounds");
    check_refused(R"({"type": "integer", "minimum": 3, "maximum": 2})", "within the bounds");
}

TEST_CASE("alternatives, references and joined objects") {
    check(R"({"anyOf": [{"type": "integer"}, {"type": "array", "items": {"$ref": "#"}}]})",
          {"1", "[]", "[1,[2,[]]]"}, {"null", "[null]"});
    check(R"({"$defs": {"a/b~c": {"const": 1}}, "$ref": "#/$defs/a~1b~0c"})", {"1"}, {"2"});
    check(
        R"({"$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}}}}, "$ref": "#/$defs/node"})",
        {"{}", R"({"next":{"next":{}}})"}, {R"({"next":1})"});
    check(
        R"({"allOf": [{"$ref": "#/$defs/a"}, {"properties": {"y": {"const": 2}}, "required": ["y"]}], "properties": {"z": {"const": 3}},
            "$defs": {"a": {"type": "object", "properties": {"x": {"const": 1}}, "required": ["x"]}}})",
        {R"({"x":1,"y":2})", R"({"z":3,"x":1,"y":2})"}, {"{}", R"({"x":1})"});
    check(R"({"allOf": [{"type": "string"}]})", {"\"a\""}, {"1"});
    check(R"({"oneOf": [{"type": "string"}, {"type": "integer"}]})", {"\"a\"", "1"}, {"1.5"});
    check(
        R"({"oneOf": [{"properties": {"kind": {"const": "a"}}, "required": ["kind"]}, {"properties": {"kind": {"const": "b"}}, "required": ["kind"]}]})",
        {R"({"kind":"a"})", R"({"kind":"b"})"}, {"{}"});
    check(
        R"({"oneOf": [{"properties": {"a": {}}, "required": ["a"]}, {"properties": {"b": {}}, "required": ["b"]}]})",
        {R"({"a":1})", R"({"b":1})"}, {});
    check_refused(R"({"oneOf": [{"type": "number"}, {"type": "integer"}]})", "oneOf");
    check_refused(R"({"oneOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]})", "say anyOf");
    check_refused(R"({"$ref": "#"})", "'#': no text is ever complete");
    check_refused(R"({"$ref": "#/$defs/x"})", "nothing is at '#/$defs/x'");
    check_refused(R"({"$ref": "http://other/x"})", "a reference within the schema");
    check_refused(R"({"allOf": [{"$ref": "#"}, {}]})", "allOf refers to itself");
    check_refused(R"({"allOf": [{"type": "string"}, {"maxLength": 3}]})",
                  "allOf of other schemas than objects");
}

TEST_CASE("what is not supported is named, with its place") {
    check_refused(
        R"({"type": "object", "properties": {"a": {"type": "string", "contentEncoding": "base64"}}})",
        "'#/properties/a': the keyword 'contentEncoding' is not supported for the type string");
    for (const char* const keyword :
         {"not", "if", "patternProperties", "dependentRequired", "contains", "unevaluatedProperties",
          "multipleOf", "minimum", "minProperties", "propertyNames", "nullable"})
        check_refused(concat("{\"", keyword, "\": {}}"), concat("'", keyword, "' is not supported").c_str());
    check_refused(R"({"type": "number", "minimum": 0})", "'minimum' is not supported for the type number");
    check_refused(R"({"type": "whole"})", "'#/type': expected null, boolean");
    check_refused("[]", "expected an object, true or false");
    check_refused("{", "JSON schema");
    check_refused("{\"type\": \"string\", \"type\": \"null\"}", "is there already");
    check_refused("false", "no text is ever complete");
    check_refused(R"({"items": 1})", "'#/items': expected an object, true or false");
    check_refused(R"({"anyOf": []})", "'#/anyOf': expected a list of schemas");
    check_refused(R"({"minLength": -1})", "expected a whole number");
}

// CTest ends what does not.
TEST_CASE("hostile schemas end") {
    std::string deep;
    for (int i = 0; i < 5000; ++i) deep += "{\"items\":";
    check_refused(deep, "no more than 64 nested");
    std::string wide = "{\"enum\":[0";
    for (int i = 1; i < 20000; ++i) wide += concat(",", i);
    check_refused(wide + "]}", "no more than 10000 values");
    std::string many = "{\"properties\":{\"p\":{}";
    for (int i = 0; i < 2000; ++i) many += concat(",\"p", i, "\":{\"type\":\"null\"}");
    CHECK(test::takes(schema(many + "}}"), R"({"p7":null,"p1999":null})"));
    std::string chain = "{\"$ref\":\"#/$defs/a0\",\"$defs\":{";
    for (int i = 0; i < 2000; ++i) chain += concat("\"a", i, "\":{\"$ref\":\"#/$defs/a", i + 1, "\"},");
    CHECK(test::takes(schema(chain + "\"a2000\":{}}}"), "1"));
    check_refused(R"({"items": {"items": {"maxItems": 4096, "items": {"pattern": "(.{4096}|a){4096}"}}}})",
                  "repeat less");
    CHECK(test::takes(schema(R"({"maxLength": 4096})"), "\"abc\""));
}

}  // namespace
}  // namespace rwkvk
