#pragma once
// The parts of JSON texts as rules, each made once.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/grammar/rules.h"

namespace rwkvk::grammar {

class JsonParts {
  public:
    explicit JsonParts(Rules& rules) : rules_(rules) {}

    /// Between tokens: nothing, a blank, or a newline and up to 20 blanks. Models loop where there is no end.
    Node space();
    Node comma() { return rules_.sequence({rules_.text(","), space()}); }
    /// A character between the quotes of a string, with all its escapes.
    Node character();
    /// These characters there, in one way each: as they are, or escaped where they must be.
    Node characters(const std::vector<CodeRange>& ranges);
    Node string();
    /// None of these, and without escapes.
    Node string_but(std::span<const std::string> texts);
    Node integer();
    /// From `least` to `most`, both of 16 digits at most.
    Node integer_between(int64_t least, int64_t most);
    Node number();
    /// Any value.
    Node value();
    /// One member or more, all alike; an object that may have some; an array of what `items` says.
    Node members(Node key, Node value);
    Node object(Node key, Node value);
    Node array(Node items);

  private:
    using Make = Node (JsonParts::*)();
    Node once(std::optional<uint32_t>& rule, const char* name, Make make);
    Node make_space();
    Node make_string();
    Node make_integer();
    Node make_number();
    Node make_value();

    Rules& rules_;
    std::optional<uint32_t> space_, string_, integer_, number_, value_;
};

inline constexpr int64_t largest_integer = 9999999999999999;

}  // namespace rwkvk::grammar
