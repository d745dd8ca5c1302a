#include "runtime/grammar/pattern.h"

#include <optional>
#include <utility>
#include <vector>

#include "host/error.h"
#include "runtime/grammar/source.h"
#include "runtime/text/utf8.h"

namespace rwkvk::grammar {
namespace {

using Ranges = std::vector<CodeRange>;

constexpr size_t most_nesting = 100;

/// What \d, \w, \s and their opposites stand for.
std::optional<Ranges> class_of(uint32_t letter) {
    switch (letter) {
        case 'd':
            return Ranges{{'0', '9'}};
        case 'w':
            return Ranges{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
        case 's':
            return Ranges{{'\t', '\r'},     {' ', ' '},       {0xa0, 0xa0},     {0x1680, 0x1680},
                          {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f},
                          {0x3000, 0x3000}, {0xfeff, 0xfeff}};
        case 'D':
        case 'W':
        case 'S':
            return complement(*class_of(letter | 0x20));
        default:
            return std::nullopt;
    }
}

class Parser {
  public:
    Parser(std::string_view text, const std::string& where, Rules& rules, JsonParts& parts)
        : source_(text, where), rules_(rules), parts_(parts) {}

    Node parse() {
        std::vector<Node> ways;
        do {
            ways.push_back(parse_anchored());
        } while (source_.take("|"));
        if (!source_.at_end()) source_.expected("the end of the expression");
        return rules_.choice(ways);
    }

  private:
    Node anything() { return rules_.repeat(parts_.characters(any_character()), 0, unlimited); }

    Node parse_anchored() {
        std::vector<Node> parts;
        if (!source_.take("^")) parts.push_back(anything());
        parts.push_back(parse_sequence(0));
        if (!source_.take("$")) parts.push_back(anything());
        return rules_.sequence(parts);
    }

    Node parse_choice(size_t depth) {
        if (depth > most_nesting)
            source_.fail(source_.at(), concat("more than ", most_nesting, " nested groups"));
        std::vector<Node> ways;
        do {
            ways.push_back(parse_sequence(depth));
        } while (source_.take("|"));
        return rules_.choice(ways);
    }

    Node parse_sequence(size_t depth) {
        std::vector<Node> parts;
        while (!source_.at_end() && source_.peek() != '|' && source_.peek() != ')' && source_.peek() != '$') {
            const Node part = parse_part(depth);
            parts.push_back(parse_repetition(part));
        }
        if (depth > 0 && source_.peek() == '$') unsupported("$ within a group");
        return rules_.sequence(parts);
    }

    [[noreturn]] void unsupported(std::string_view what) const {
        source_.fail(source_.at(), concat(what, " is not supported"));
    }

    Node parse_part(size_t depth) {
        if (source_.take("(")) {
            if (source_.peek() == '?' && !source_.take("?:"))
                unsupported("a group that begins with (? and no colon");
            const Node inner = parse_choice(depth + 1);
            if (!source_.take(")")) source_.expected("')'");
            return inner;
        }
        if (source_.take("[")) return parts_.characters(parse_class());
        if (source_.take("."))
            return parts_.characters(complement({{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}}));
        if (source_.peek() == '^') unsupported("^ within an expression");
        if (source_.peek() == '*' || source_.peek() == '+' || source_.peek() == '?')
            source_.expected("something to repeat");
        if (source_.peek() == '{' || source_.peek() == '}' || source_.peek() == ']')
            source_.expected("a character; \\{ \\} and \\] are such");
        return parts_.characters(take_one());
    }

    /// A character, or a class like \d.
    Ranges take_one() {
        const size_t start = source_.at();
        const uint32_t character = source_.take_character();
        if (character != '\\') return {{character, character}};
        const uint32_t escape = source_.take_character();
        if (auto ranges = class_of(escape)) return std::move(*ranges);
        const uint32_t meant = meant_by(escape, start);
        return {{meant, meant}};
    }

    uint32_t meant_by(uint32_t escape, size_t start) {
        constexpr std::string_view letters = "tnvfr", signs = "^$\\.*+?()[]{}|/-\"'#&,:;<=>@!%~` _";
        if (escape == 'x' || escape == 'u') {
            const uint32_t point = source_.take_hex(escape == 'x' ? 2 : 4);
            if (!text::is_unicode_scalar(point))
                source_.fail(start, "an escape that stands for no character");
            return point;
        }
        if (escape < 0x80) {
            const size_t letter = letters.find(static_cast<char>(escape));
            if (letter != letters.npos) return static_cast<uint32_t>(9 + letter);
            if (signs.find(static_cast<char>(escape)) != signs.npos) return escape;
        }
        source_.fail(start, "this escape is not supported");
    }

    Ranges parse_class() {
        const bool negated = source_.take("^");
        Ranges ranges;
        while (!source_.take("]")) {
            if (source_.at_end()) source_.expected("']'");
            const size_t start = source_.at();
            const Ranges first = take_one();
            const bool is_range = source_.peek() == '-' && !source_.looks_at("-]");
            if (!is_range) {
                ranges.insert(ranges.end(), first.begin(), first.end());
                continue;
            }
            source_.take("-");
            const Ranges last = take_one();
            if (first.size() != 1 || last.size() != 1 || first[0].low != first[0].high ||
                last[0].low != last[0].high || last[0].low < first[0].low)
                source_.fail(start, "expected a range from one character to a later one");
            ranges.push_back({first[0].low, last[0].low});
        }
        return negated ? complement(std::move(ranges)) : normalized(std::move(ranges));
    }

    Node parse_repetition(Node part) {
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
        source_.take("?");  // lazily or not, the texts are the same
        return part;
    }

    Node parse_bounds(Node part) {
        const size_t start = source_.at();
        const uint32_t least = source_.take_number(most_repetitions);
        uint32_t most = least;
        if (source_.take(","))
            most = source_.peek() == '}' ? unlimited : source_.take_number(most_repetitions);
        if (!source_.take("}")) source_.expected("'}'");
        if (most < least) source_.fail(start, "a repetition with a most that is less than its least");
        return rules_.repeat(part, least, most);
    }

    Source source_;
    Rules& rules_;
    JsonParts& parts_;
};

}  // namespace

Node pattern(std::string_view text, const std::string& where, Rules& rules, JsonParts& parts) {
    return Parser(text, where, rules, parts).parse();
}

}  // namespace rwkvk::grammar
