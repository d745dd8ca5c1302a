#include "runtime/grammar/reply_starts.h"

#include <string>
#include <string_view>
#include <vector>

namespace rwkvk::grammar {
namespace {

constexpr std::string_view close_tag = "</think>";

/// Any text up to its first close tag, and that: a rule for each beginning of the tag that has been read
/// last.
/// '<' is only where the tag begins, so what does not go on with it begins it anew, or nothing.
uint32_t add_reasoning(Rules& rules) {
    std::vector<uint32_t> read;
    for (size_t i = 0; i < close_tag.size(); ++i) read.push_back(rules.declare("reasoning"));
    for (size_t i = 0; i < close_tag.size(); ++i) {
        const auto next = static_cast<uint8_t>(close_tag[i]);
        const Node on = i + 1 < close_tag.size() ? rules.call(read[i + 1]) : rules.text("");
        std::vector<Node> ways = {rules.sequence({rules.text(close_tag.substr(i, 1)), on})};
        if (i > 0) ways.push_back(rules.sequence({rules.text("<"), rules.call(read[1])}));
        const Node other = rules.characters(complement({{'<', '<'}, {next, next}}));
        ways.push_back(rules.sequence({other, rules.call(read[0])}));
        rules.define(read[i], rules.choice(ways));
    }
    return read[0];
}

}  // namespace

std::array<uint32_t, 4> add_reply_starts(Rules& rules, uint32_t root) {
    const auto blanks = [&](uint32_t most) {
        return rules.repeat(rules.characters({{' ', ' '}, {'\n', '\n'}}), 0, most);
    };
    const auto add = [&](std::initializer_list<Node> parts) {
        return rules.add("reply", rules.sequence(parts));
    };
    const uint32_t answer = add({blanks(1), rules.call(root)});
    const uint32_t behind_open =
        add({rules.text(">"), rules.call(add_reasoning(rules)), blanks(2), rules.call(root)});
    const uint32_t behind_close = add({rules.text(">"), blanks(2), rules.call(root)});
    return {root, answer, behind_open, behind_close};
}

}  // namespace rwkvk::grammar
