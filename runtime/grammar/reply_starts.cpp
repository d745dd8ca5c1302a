#include "runtime/grammar/reply_starts.h"

#include "runtime/grammar/marked_text.h"

namespace rwkvk::grammar {

std::array<uint32_t, 4> add_reply_starts(Rules& rules, uint32_t root) {
    const auto blanks = [&](uint32_t most) {
        return rules.repeat(rules.characters({{' ', ' '}, {'\n', '\n'}}), 0, most);
    };
    const auto add = [&](std::initializer_list<Node> parts) {
        return rules.add("reply", rules.sequence(parts));
    };
    const uint32_t answer = add({blanks(1), rules.call(root)});
    const Node behind_reasoning = rules.sequence({blanks(2), rules.call(root)});
    const uint32_t behind_open =
        add({rules.text(">"), text_up_to("</think>", behind_reasoning, Before::must_end, rules)});
    const uint32_t behind_close = add({rules.text(">"), blanks(2), rules.call(root)});
    return {root, answer, behind_open, behind_close};
}

}  // namespace rwkvk::grammar
