#include "runtime/grammar/json_parts.h"

#include <algorithm>
#include <map>
#include <utility>

#include "host/error.h"
#include "runtime/text/utf8.h"

namespace rwkvk::grammar {
namespace {

constexpr uint32_t most_digits = 16;

constexpr CodeRange digits{'0', '9'};

std::vector<CodeRange> hex_digits() { return {digits, {'a', 'f'}, {'A', 'F'}}; }

/// Characters that strings hold as they are.
std::vector<CodeRange> plain() { return complement({{0, 0x1f}, {'"', '"'}, {'\\', '\\'}}); }

std::vector<CodeRange> both(const std::vector<CodeRange>& a, const std::vector<CodeRange>& b) {
    std::vector<CodeRange> out = complement(a);
    const std::vector<CodeRange> out_of_b = complement(b);
    out.insert(out.end(), out_of_b.begin(), out_of_b.end());
    return complement(std::move(out));
}

/// How a character is written that cannot stand for itself.
std::string escaped(uint32_t character) {
    constexpr std::string_view letters = "btnvfr";  // of 8 to 13; JSON has no \v
    if (character == '"' || character == '\\') return {'\\', static_cast<char>(character)};
    if (character >= 8 && character <= 13 && character != 11) return {'\\', letters[character - 8]};
    constexpr std::string_view hex = "0123456789abcdef";
    return concat("\\u00", hex[character >> 4], hex[character & 15]);
}

}  // namespace

Node JsonParts::once(std::optional<uint32_t>& rule, const char* name, Make make) {
    if (!rule) {
        rule = rules_.declare(name);  // before it is made: a value holds values
        rules_.define(*rule, (this->*make)());
    }
    return rules_.call(*rule);
}

Node JsonParts::space() { return once(space_, "space", &JsonParts::make_space); }
Node JsonParts::string() { return once(string_, "string", &JsonParts::make_string); }
Node JsonParts::integer() { return once(integer_, "integer", &JsonParts::make_integer); }
Node JsonParts::number() { return once(number_, "number", &JsonParts::make_number); }
Node JsonParts::value() { return once(value_, "value", &JsonParts::make_value); }

Node JsonParts::make_space() {
    const Node line = rules_.sequence({rules_.text("\n"), rules_.repeat(rules_.text(" "), 0, 20)});
    return rules_.optional(rules_.choice({rules_.text(" "), line}));
}

Node JsonParts::character() {
    const Node hex = rules_.characters(hex_digits());
    // Halves of pairs are left out: those characters can be written as they are.
    const Node code = rules_.choice({
        rules_.sequence(
            {rules_.characters({digits, {'a', 'c'}, {'A', 'C'}, {'e', 'f'}, {'E', 'F'}}), hex, hex, hex}),
        rules_.sequence(
            {rules_.characters({{'d', 'd'}, {'D', 'D'}}), rules_.characters({{'0', '7'}}), hex, hex}),
    });
    const Node letter = rules_.characters(
        {{'"', '"'}, {'\\', '\\'}, {'/', '/'}, {'b', 'b'}, {'f', 'f'}, {'n', 'n'}, {'r', 'r'}, {'t', 't'}});
    const Node escape = rules_.choice({letter, rules_.sequence({rules_.text("u"), code})});
    return rules_.choice({rules_.characters(plain()), rules_.sequence({rules_.text("\\"), escape})});
}

Node JsonParts::characters(const std::vector<CodeRange>& ranges) {
    std::vector<Node> ways = {rules_.characters(both(ranges, plain()))};
    for (const CodeRange& range : both(ranges, complement(plain()))) {
        for (uint32_t c = range.low; c <= range.high; ++c) ways.push_back(rules_.text(escaped(c)));
    }
    return rules_.choice(ways);
}

Node JsonParts::make_string() {
    const Node quote = rules_.text("\"");
    return rules_.sequence({quote, rules_.repeat(character(), 0, unlimited), quote});
}

/// Character by character: what goes on as none of the texts does is free.
Node JsonParts::string_but(std::span<const std::string> texts) {
    const Node any = rules_.repeat(rules_.characters(plain()), 0, unlimited);
    struct Branch {
        std::map<uint32_t, size_t> next;
        bool is_text = false;
    };
    std::vector<Branch> branches(1);
    for (const std::string& text : texts) {
        size_t at = 0;
        for (std::string_view rest = text; !rest.empty();) {
            const size_t bytes = text::first_utf8_piece(rest).size_bytes;
            const auto [edge, is_new] =
                branches[at].next.try_emplace(text::code_point_of(rest.substr(0, bytes)), branches.size());
            at = edge->second;
            if (is_new) branches.emplace_back();
            rest.remove_prefix(bytes);
        }
        branches[at].is_text = true;
    }
    std::vector<uint32_t> rule;
    for (size_t i = 0; i < branches.size(); ++i) rule.push_back(rules_.declare("key"));
    for (size_t i = 0; i < branches.size(); ++i) {
        std::vector<Node> ways;
        if (!branches[i].is_text) ways.push_back(rules_.text(""));
        std::vector<CodeRange> taken;
        for (const auto& [character, to] : branches[i].next) {
            taken.push_back({character, character});
            ways.push_back(rules_.sequence(
                {rules_.characters(both(plain(), {{character, character}})), rules_.call(rule[to])}));
        }
        ways.push_back(rules_.sequence({rules_.characters(both(plain(), complement(taken))), any}));
        rules_.define(rule[i], rules_.choice(ways));
    }
    return rules_.sequence({rules_.text("\""), rules_.call(rule[0]), rules_.text("\"")});
}

Node JsonParts::make_integer() {
    const Node more = rules_.repeat(rules_.characters({digits}), 0, most_digits - 1);
    const Node number =
        rules_.choice({rules_.text("0"), rules_.sequence({rules_.characters({{'1', '9'}}), more})});
    return rules_.sequence({rules_.optional(rules_.text("-")), number});
}

Node JsonParts::make_number() {
    const Node digit = rules_.characters({digits});
    const Node fraction = rules_.sequence({rules_.text("."), rules_.repeat(digit, 1, most_digits)});
    const Node sign = rules_.optional(rules_.characters({{'+', '+'}, {'-', '-'}}));
    const Node exponent =
        rules_.sequence({rules_.characters({{'e', 'e'}, {'E', 'E'}}), sign, rules_.repeat(digit, 1, 2)});
    return rules_.sequence({make_integer(), rules_.optional(fraction), rules_.optional(exponent)});
}

Node JsonParts::members(Node key, Node member) {
    const Node one = rules_.sequence({key, rules_.text(":"), space(), member});
    return rules_.sequence({one, rules_.repeat(rules_.sequence({comma(), one}), 0, unlimited)});
}

Node JsonParts::object(Node key, Node member) {
    const Node inside = rules_.sequence({members(key, member), space()});
    return rules_.sequence({rules_.text("{"), space(), rules_.optional(inside), rules_.text("}")});
}

Node JsonParts::array(Node items) {
    return rules_.sequence({rules_.text("["), space(), items, rules_.text("]")});
}

Node JsonParts::make_value() {
    const Node item = rules_.call(*value_);
    const Node items =
        rules_.sequence({item, rules_.repeat(rules_.sequence({comma(), item}), 0, unlimited), space()});
    return rules_.choice({object(string(), item), array(rules_.optional(items)), string(), number(),
                          rules_.text("true"), rules_.text("false"), rules_.text("null")});
}

}  // namespace rwkvk::grammar
