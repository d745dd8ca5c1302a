#include "runtime/grammar/rules.h"

#include <algorithm>
#include <utility>

#include "host/error.h"

namespace rwkvk::grammar {
namespace {

constexpr CodeRange surrogates{0xd800, 0xdfff};
constexpr size_t most_expressions = size_t{1} << 20;

}  // namespace

std::vector<CodeRange> normalized(std::vector<CodeRange> ranges) {
    std::vector<CodeRange> parted;
    for (const CodeRange& r : ranges) {
        parted.push_back({r.low, std::min(r.high, surrogates.low - 1)});
        parted.push_back({std::max(r.low, surrogates.high + 1), r.high});
    }
    std::erase_if(parted, [](const CodeRange& r) { return r.low > r.high; });
    std::ranges::sort(parted, {}, &CodeRange::low);
    std::vector<CodeRange> result;
    for (const CodeRange& r : parted) {
        if (!result.empty() && r.low <= result.back().high + 1) {
            result.back().high = std::max(result.back().high, r.high);
        } else {
            result.push_back(r);
        }
    }
    return result;
}

std::vector<CodeRange> complement(std::vector<CodeRange> ranges) {
    std::vector<CodeRange> result;
    uint32_t next = 0;
    for (const CodeRange& r : normalized(std::move(ranges))) {
        if (r.low > next) result.push_back({next, r.low - 1});
        next = r.high + 1;
    }
    if (next <= last_code_point) result.push_back({next, last_code_point});
    return normalized(std::move(result));
}

Node Rules::add_expression(const Expression& expression) {
    if (expressions_.size() == most_expressions)
        throw Error(Code::bad_argument, "the grammar has too many parts: make it smaller");
    expressions_.push_back(expression);
    return static_cast<Node>(expressions_.size() - 1);
}

Node Rules::text(std::string_view bytes) {
    const auto first = static_cast<uint32_t>(texts_.size());
    texts_ += bytes;
    return add_expression({Kind::text, first, static_cast<uint32_t>(bytes.size())});
}

Node Rules::characters(std::vector<CodeRange> ranges) {
    const std::vector<CodeRange> list = normalized(std::move(ranges));
    const auto first = static_cast<uint32_t>(ranges_.size());
    ranges_.insert(ranges_.end(), list.begin(), list.end());
    return add_expression({Kind::characters, first, static_cast<uint32_t>(list.size())});
}

Node Rules::add_parts(Kind kind, std::span<const Node> parts) {
    const auto first = static_cast<uint32_t>(parts_.size());
    parts_.insert(parts_.end(), parts.begin(), parts.end());
    return add_expression({kind, first, static_cast<uint32_t>(parts.size())});
}

Node Rules::sequence(std::span<const Node> parts) {
    return parts.size() == 1 ? parts[0] : add_parts(Kind::sequence, parts);
}

Node Rules::choice(std::span<const Node> parts) {
    return parts.size() == 1 ? parts[0] : add_parts(Kind::choice, parts);
}

Node Rules::repeat(Node part, uint32_t least, uint32_t most) {
    RWKVK_ASSERT(least <= most && least <= most_repetitions &&
                 (most == unlimited || most <= most_repetitions));
    const auto first = static_cast<uint32_t>(parts_.size());
    parts_.push_back(part);
    return add_expression({Kind::repeat, first, 1, least, most});
}

Node Rules::call(uint32_t rule) { return add_expression({Kind::call, rule}); }

Node Rules::list(std::span<const Member> members, Node separator) {
    const auto first = static_cast<uint32_t>(parts_.size());
    for (const Member& member : members) {
        parts_.push_back(member.part);
        parts_.push_back(member.required);
    }
    return add_expression({Kind::list, first, static_cast<uint32_t>(2 * members.size()), 0, 0, separator});
}

uint32_t Rules::declare(std::string name) {
    rules_.push_back({std::move(name)});
    return static_cast<uint32_t>(rules_.size() - 1);
}

void Rules::define(uint32_t rule, Node body) {
    RWKVK_ASSERT(!rules_[rule].is_defined);
    rules_[rule].body = body;
    rules_[rule].is_defined = true;
}

void Rules::rename(uint32_t rule, std::string name) { rules_[rule].name = std::move(name); }

uint32_t Rules::add(std::string name, Node body) {
    const uint32_t rule = declare(std::move(name));
    define(rule, body);
    return rule;
}

}  // namespace rwkvk::grammar
