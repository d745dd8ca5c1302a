#include <algorithm>
#include <string>

#include "host/error.h"
#include "runtime/grammar/json_parts.h"

namespace rwkvk::grammar {
namespace {

/// Decimal numbers from 0 on without leading zeros, as rules.
class Range {
  public:
    explicit Range(Rules& rules) : rules_(rules) {}

    Node between(uint64_t least, uint64_t most) {
        std::vector<Node> ways;
        while (true) {  // one size after the other
            std::string low = std::to_string(least), high = std::to_string(most);
            const bool same_size = low.size() == high.size();
            if (!same_size) high.assign(low.size(), '9');
            ways.push_back(of_same_size(low, high));
            if (same_size) return rules_.choice(ways);
            least = std::stoull(high) + 1;
        }
    }

  private:
    Node digit(char low, char high) {
        return rules_.characters({{static_cast<uint8_t>(low), static_cast<uint8_t>(high)}});
    }
    Node any_digits(size_t count) {
        return rules_.repeat(digit('0', '9'), static_cast<uint32_t>(count), static_cast<uint32_t>(count));
    }

    Node of_same_size(std::string_view low, std::string_view high) {
        if (low.empty()) return rules_.text("");
        const std::string_view low_rest = low.substr(1), high_rest = high.substr(1);
        if (low[0] == high[0])
            return rules_.sequence({digit(low[0], low[0]), of_same_size(low_rest, high_rest)});
        const std::string nines(low_rest.size(), '9'), zeros(low_rest.size(), '0');
        std::vector<Node> ways;
        char first = low[0], last = high[0];
        if (low_rest != zeros) {
            ways.push_back(rules_.sequence({digit(first, first), of_same_size(low_rest, nines)}));
            ++first;
        }
        if (high_rest != nines) {
            ways.push_back(rules_.sequence({digit(last, last), of_same_size(zeros, high_rest)}));
            --last;
        }
        if (first <= last) ways.push_back(rules_.sequence({digit(first, last), any_digits(low_rest.size())}));
        return rules_.choice(ways);
    }

    Rules& rules_;
};

}  // namespace

Node JsonParts::integer_between(int64_t least, int64_t most) {
    RWKVK_ASSERT(least <= most && least >= -largest_integer && most <= largest_integer);
    Range range(rules_);
    std::vector<Node> ways;
    if (least < 0) {
        const auto nearest = static_cast<uint64_t>(-std::min<int64_t>(most, -1));
        ways.push_back(
            rules_.sequence({rules_.text("-"), range.between(nearest, static_cast<uint64_t>(-least))}));
    }
    if (most >= 0)
        ways.push_back(
            range.between(static_cast<uint64_t>(std::max<int64_t>(least, 0)), static_cast<uint64_t>(most)));
    return rules_.choice(ways);
}

}  // namespace rwkvk::grammar
