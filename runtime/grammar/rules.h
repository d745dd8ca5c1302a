#pragma once
// What a text may be, as rules of expressions: what GBNF, JSON schemas and regular expressions become before
// they are automata.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rwkvk::grammar {

/// Of an expression, in the Rules that made it.
using Node = uint32_t;

/// Code points from `low` to `high`.
struct CodeRange {
    uint32_t low, high;
    bool operator==(const CodeRange&) const = default;
};

inline constexpr uint32_t last_code_point = 0x10ffff;
/// A repetition that has no most.
inline constexpr uint32_t unlimited = UINT32_MAX;
/// Repetitions are copied, so they have a bound.
inline constexpr uint32_t most_repetitions = 4096;

/// Sorted, without overlaps or surrogates.
std::vector<CodeRange> normalized(std::vector<CodeRange> ranges);
/// All characters that are not in it.
std::vector<CodeRange> complement(std::vector<CodeRange> ranges);

class Rules {
  public:
    enum class Kind : uint8_t { text, characters, sequence, choice, repeat, call, list };

    struct Expression {
        Kind kind;
        uint32_t first = 0, count = 0;  // of texts, ranges or parts; a call's rule is `first`
        uint32_t least = 0, most = 0;   // of a repetition
        Node separator = 0;  // of a list, whose parts are pairs: a member and whether it is required
    };
    struct Rule {
        std::string name;  // as it is told to people, with its place
        Node body = 0;
        bool is_defined = false;
    };

    /// These bytes, which may be none.
    Node text(std::string_view bytes);
    /// One of these characters; of none: nothing matches.
    Node characters(std::vector<CodeRange> ranges);
    Node sequence(std::span<const Node> parts);
    Node sequence(std::initializer_list<Node> parts) {
        return sequence(std::span(parts.begin(), parts.size()));
    }
    Node choice(std::span<const Node> parts);
    Node choice(std::initializer_list<Node> parts) { return choice(std::span(parts.begin(), parts.size())); }
    Node repeat(Node part, uint32_t least, uint32_t most);
    Node optional(Node part) { return repeat(part, 0, 1); }
    Node call(uint32_t rule);
    struct Member {
        Node part;
        bool required;
    };
    /// The parts in their order, of which those that are not required may be left out, with `separator`
    /// between those that are there.
    Node list(std::span<const Member> members, Node separator);

    /// A rule to call, which is defined later.
    uint32_t declare(std::string name);
    void define(uint32_t rule, Node body);
    void rename(uint32_t rule, std::string name);
    /// Both.
    uint32_t add(std::string name, Node body);

    const Expression& at(Node node) const { return expressions_[node]; }
    std::string_view text_of(const Expression& e) const {
        return std::string_view(texts_).substr(e.first, e.count);
    }
    std::span<const CodeRange> ranges_of(const Expression& e) const {
        return std::span(ranges_).subspan(e.first, e.count);
    }
    std::span<const Node> parts_of(const Expression& e) const {
        return std::span(parts_).subspan(e.first, e.count);
    }
    const std::vector<Rule>& rules() const { return rules_; }

  private:
    Node add_expression(const Expression& expression);
    Node add_parts(Kind kind, std::span<const Node> parts);

    std::vector<Expression> expressions_;
    std::string texts_;
    std::vector<CodeRange> ranges_;
    std::vector<Node> parts_;
    std::vector<Rule> rules_;
};

/// One character, of any kind.
inline std::vector<CodeRange> any_character() { return {{0, last_code_point}}; }

}  // namespace rwkvk::grammar
