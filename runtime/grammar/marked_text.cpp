#include "runtime/grammar/marked_text.h"

#include <algorithm>
#include <string>
#include <vector>

namespace rwkvk::grammar {
namespace {

constexpr const char* blanks = " \n";

Node one(char c, Rules& rules) { return rules.text(std::string_view(&c, 1)); }

Node all_but(std::string_view characters, Rules& rules) {
    std::vector<CodeRange> ranges;
    for (const char c : characters) ranges.push_back({static_cast<uint8_t>(c), static_cast<uint8_t>(c)});
    return rules.characters(complement(std::move(ranges)));
}

/// How much of the mark `read` ends with.
size_t begun_by(std::string_view read, std::string_view mark) {
    size_t count = std::min(read.size(), mark.size());
    while (!read.ends_with(mark.substr(0, count))) --count;
    return count;
}

}  // namespace

// A rule for each beginning of the mark that has been read last (Knuth, Morris and Pratt).
Node text_up_to(std::string_view mark, Node behind, Before before, Rules& rules) {
    std::vector<uint32_t> read;
    for (size_t i = 0; i < mark.size(); ++i) read.push_back(rules.declare("text before a mark"));
    for (size_t i = 0; i < mark.size(); ++i) {
        std::vector<Node> ways;
        if (before == Before::may_stay) ways.push_back(rules.text(""));
        std::string begins;  // the mark, or more of it
        for (const char c : mark) {
            if (begins.find(c) != begins.npos) continue;
            const size_t next = begun_by(std::string(mark.substr(0, i)) + c, mark);
            if (next == 0) continue;
            begins += c;
            ways.push_back(
                rules.sequence({one(c, rules), next == mark.size() ? behind : rules.call(read[next])}));
        }
        ways.push_back(rules.sequence({all_but(begins, rules), rules.call(read[0])}));
        rules.define(read[i], rules.choice(ways));
    }
    return rules.call(read[0]);
}

Node text_unless_marked(std::string_view mark, Node behind, Rules& rules) {
    const Node rest = rules.repeat(rules.characters(any_character()), 0, unlimited);
    for (size_t i = mark.size(); i-- > 0;) {
        const std::string begins = std::string(mark.substr(i, 1)) + (i == 0 ? blanks : "");
        const Node other = rules.sequence({all_but(begins, rules), rest});
        behind = rules.choice({rules.text(""), other, rules.sequence({one(mark[i], rules), behind})});
    }
    const Node blank = rules.characters({{' ', ' '}, {'\n', '\n'}});
    return rules.sequence({rules.repeat(blank, 0, unlimited), behind});
}

}  // namespace rwkvk::grammar
