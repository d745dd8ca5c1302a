#include "runtime/grammar/gbnf.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "host/error.h"
#include "runtime/grammar/source.h"
#include "runtime/text/utf8.h"

namespace rwkvk::grammar {
namespace {

constexpr size_t most_nesting = 200, most_signs = 4;  // recursion is as deep

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

class Parser {
  public:
    Parser(std::string_view text, Rules& rules) : source_(text, "grammar"), rules_(rules) {}

    uint32_t parse() {
        skip_lines();
        while (!source_.at_end()) {
            parse_rule();
            skip_lines();
        }
        for (const auto& [name, rule] : names_) {
            if (!rules_.rules()[rule.number].is_defined)
                source_.fail(rule.used_at, concat("the rule ", quote(name), " is used but not defined"));
        }
        const auto root = names_.find("root");
        if (root == names_.end()) source_.fail(0, "expected a rule with the name root, found none");
        return root->second.number;
    }

  private:
    struct Named {
        uint32_t number;
        size_t used_at;
    };

    /// Blanks, and comments, which end with the line.
    void skip_blanks() {
        while (source_.peek() == ' ' || source_.peek() == '\t') source_.take_character();
        if (source_.peek() != '#') return;
        while (!source_.at_end() && source_.peek() != '\n' && source_.peek() != '\r')
            source_.take_character();
    }
    void skip_lines() {
        skip_blanks();
        while (source_.take("\n") || source_.take("\r")) skip_blanks();
    }
    void skip(bool lines) { lines ? skip_lines() : skip_blanks(); }

    std::string take_name() {
        const size_t start = source_.at();
        while (is_name_character(source_.peek())) source_.take_character();
        if (source_.at() == start) source_.expected("the name of a rule");
        return std::string(source_.since(start));
    }

    uint32_t rule_of(const std::string& name, size_t at) {
        const auto known = names_.find(name);
        if (known != names_.end()) return known->second.number;
        const uint32_t number = rules_.declare(name);
        names_[name] = {number, at};
        return number;
    }

    void parse_rule() {
        const size_t start = source_.at();
        const std::string name = take_name();
        skip_blanks();
        if (!source_.take("::=")) source_.expected("::=");
        skip_lines();
        const uint32_t rule = rule_of(name, start);
        if (rules_.rules()[rule].is_defined)
            source_.fail(start, concat("the rule ", quote(name), " is defined a second time"));
        rules_.define(rule, parse_choice(0));
        rules_.rename(rule, concat("grammar, ", source_.place(start), ": rule ", quote(name)));
        if (!source_.at_end() && source_.peek() != '\n' && source_.peek() != '\r')
            source_.expected("an expression or the end of the line");
    }

    Node parse_choice(size_t depth) {
        if (depth > most_nesting)
            source_.fail(source_.at(), concat("more than ", most_nesting, " nested parentheses"));
        std::vector<Node> ways = {parse_sequence(depth)};
        while (at_further_way()) {
            source_.take("|");
            skip_lines();
            ways.push_back(parse_sequence(depth));
        }
        return rules_.choice(ways);
    }

    /// Also at the beginning of one of the next lines.
    bool at_further_way() {
        if (source_.peek() == '|') return true;
        const Source here = source_;
        skip_lines();
        if (source_.peek() == '|') return true;
        source_ = here;
        return false;
    }

    Node parse_sequence(size_t depth) {
        std::vector<Node> parts;
        while (true) {
            const auto part = parse_part(depth);
            if (!part) return rules_.sequence(parts);
            skip(depth > 0);
            parts.push_back(parse_repetitions(*part, depth));
        }
    }

    /// None where the sequence ends.
    std::optional<Node> parse_part(size_t depth) {
        if (source_.take("\"")) return parse_text();
        if (source_.take("[")) return parse_class();
        if (source_.take(".")) return rules_.characters(any_character());
        if (source_.take("(")) {
            skip_lines();
            const Node inner = parse_choice(depth + 1);
            if (!source_.take(")")) source_.expected("')'");
            return inner;
        }
        if (!is_name_character(source_.peek())) return std::nullopt;
        const size_t start = source_.at();
        const std::string name = take_name();
        return rules_.call(rule_of(name, start));
    }

    Node parse_text() {
        std::string text;
        while (!source_.take("\"")) {
            if (source_.at_end()) source_.expected("'\"'");
            text::append_utf8(text, take_escaped());
        }
        return rules_.text(text);
    }

    Node parse_class() {
        const bool negated = source_.take("^");
        std::vector<CodeRange> ranges;
        while (!source_.take("]")) {
            if (source_.at_end()) source_.expected("']'");
            const size_t start = source_.at();
            CodeRange range{};
            range.low = range.high = take_escaped();
            if (source_.peek() == '-' && !source_.looks_at("-]")) {
                source_.take("-");
                range.high = take_escaped();
            }
            if (range.high < range.low) source_.fail(start, "a range of characters ends before it begins");
            ranges.push_back(range);
        }
        return rules_.characters(negated ? complement(std::move(ranges)) : std::move(ranges));
    }

    /// A character as it stands in quotes or brackets.
    uint32_t take_escaped() {
        const size_t start = source_.at();
        const uint32_t character = source_.take_character();
        if (character != '\\') return character;
        const uint32_t escape = source_.take_character();
        uint32_t meant = escape;
        switch (escape) {
            case 'x':
                meant = source_.take_hex(2);
                break;
            case 'u':
                meant = source_.take_hex(4);
                break;
            case 'U':
                meant = source_.take_hex(8);
                break;
            case 't':
                meant = '\t';
                break;
            case 'r':
                meant = '\r';
                break;
            case 'n':
                meant = '\n';
                break;
            case '\\':
            case '"':
            case '[':
            case ']':
            case '-':
            case '^':
                break;
            default:
                source_.fail(start,
                             "an escape that is none of \\x \\u \\U \\t \\r \\n \\\\ \\\" \\[ \\] \\- \\^");
        }
        if (!text::is_unicode_scalar(meant)) source_.fail(start, "an escape that stands for no character");
        return meant;
    }

    Node parse_repetitions(Node part, size_t depth) {
        for (size_t count = 0;; ++count) {
            if (count > most_signs) source_.fail(source_.at(), "too many signs of repetition in a row");
            if (source_.take("*")) {
                part = rules_.repeat(part, 0, unlimited);
            } else if (source_.take("+")) {
                part = rules_.repeat(part, 1, unlimited);
            } else if (source_.take("?")) {
                part = rules_.optional(part);
            } else if (source_.take("{")) {
                part = parse_bounds(part);
            } else {
                return part;
            }
            skip(depth > 0);
        }
    }

    Node parse_bounds(Node part) {
        const size_t start = source_.at();
        skip_blanks();
        const uint32_t least = source_.peek() == ',' ? 0 : source_.take_number(most_repetitions);
        skip_blanks();
        uint32_t most = least;
        if (source_.take(",")) {
            skip_blanks();
            most = source_.peek() == '}' ? unlimited : source_.take_number(most_repetitions);
            skip_blanks();
        }
        if (!source_.take("}")) source_.expected("'}'");
        if (most < least) source_.fail(start, "a repetition with a most that is less than its least");
        return rules_.repeat(part, least, most);
    }

    Source source_;
    Rules& rules_;
    std::map<std::string, Named> names_;
};

}  // namespace

uint32_t parse_gbnf(std::string_view text, Rules& rules) {
    if (text.size() > most_gbnf_bytes) {
        throw Error(Code::bad_argument,
                    concat("grammar: ", text.size(), " bytes, expected at most ", most_gbnf_bytes));
    }
    return Parser(text, rules).parse();
}

}  // namespace rwkvk::grammar
