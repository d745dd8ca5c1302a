#include "runtime/grammar/rule_facts.h"

#include <algorithm>
#include <utility>

#include "host/error.h"

namespace rwkvk::grammar {
namespace {

using Kind = Rules::Kind;

/// The rules that an expression calls.
std::vector<uint32_t> calls_of(const Rules& rules, Node body) {
    std::vector<uint32_t> calls;
    std::vector<Node> open = {body};
    while (!open.empty()) {
        const Rules::Expression& e = rules.at(open.back());
        open.pop_back();
        if (e.kind == Kind::call) calls.push_back(e.first);
        if (e.kind == Kind::list) {
            open.push_back(e.separator);
            for (uint32_t i = 0; i < e.count; i += 2) open.push_back(rules.parts_of(e)[i]);
        }
        if (e.kind != Kind::sequence && e.kind != Kind::choice && e.kind != Kind::repeat) continue;
        for (const Node part : rules.parts_of(e)) open.push_back(part);
    }
    std::ranges::sort(calls);
    calls.erase(std::unique(calls.begin(), calls.end()), calls.end());
    return calls;
}

class Facts {
  public:
    explicit Facts(const Rules& rules) : rules_(rules), calls_(rules.rules().size()) {
        facts_.is_productive.resize(rules.rules().size());
        facts_.is_nullable.resize(rules.rules().size());
    }

    RuleFacts run(std::span<const uint32_t> starts) {
        for (const uint32_t start : starts) visit(start);
        spread(facts_.is_productive, &Facts::is_productive);
        spread(facts_.is_nullable, &Facts::is_nullable);
        return std::move(facts_);
    }

  private:
    /// Depth first, without recursion: grammars may be chains of thousands of rules.
    void visit(uint32_t start) {
        std::vector<std::pair<uint32_t, size_t>> path;
        const auto enter = [&](uint32_t rule) {
            if (seen_.size() <= rule) seen_.resize(rules_.rules().size());
            if (seen_[rule]) return;
            seen_[rule] = true;
            const Rules::Rule& entered = rules_.rules()[rule];
            if (!entered.is_defined)
                throw Error(Code::bad_argument, concat(entered.name, " is used but not defined"));
            calls_[rule] = calls_of(rules_, entered.body);
            path.emplace_back(rule, 0);
        };
        enter(start);
        while (!path.empty()) {
            auto& [rule, next] = path.back();
            if (next < calls_[rule].size()) {
                enter(calls_[rule][next++]);
            } else {
                facts_.called.push_back(rule);
                path.pop_back();
            }
        }
    }

    /// Once callees are known most rules are settled in one go; those in circles by going on until nothing
    /// changes, each rule only after one that it calls.
    void spread(std::vector<bool>& holds, bool (Facts::*says)(Node) const) {
        std::vector<std::vector<uint32_t>> callers(rules_.rules().size());
        for (const uint32_t rule : facts_.called) {
            for (const uint32_t callee : calls_[rule]) callers[callee].push_back(rule);
        }
        std::vector<uint32_t> open(facts_.called.rbegin(), facts_.called.rend());
        while (!open.empty()) {
            const uint32_t rule = open.back();
            open.pop_back();
            if (holds[rule] || !(this->*says)(rules_.rules()[rule].body)) continue;
            holds[rule] = true;
            for (const uint32_t caller : callers[rule]) {
                if (!holds[caller]) open.push_back(caller);
            }
        }
    }

    bool is_productive(Node node) const {
        const Rules::Expression& e = rules_.at(node);
        const auto part_is = [this](Node part) { return is_productive(part); };
        switch (e.kind) {
            case Kind::text:
                return true;
            case Kind::characters:
                return e.count > 0;
            case Kind::sequence:
                return std::ranges::all_of(rules_.parts_of(e), part_is);
            case Kind::choice:
                return std::ranges::any_of(rules_.parts_of(e), part_is);
            case Kind::repeat:
                return e.least == 0 || is_productive(rules_.parts_of(e)[0]);
            case Kind::call:
                return facts_.is_productive[e.first];
            case Kind::list:
                return all_required(e, &Facts::is_productive);
        }
        return false;
    }

    bool is_nullable(Node node) const {
        const Rules::Expression& e = rules_.at(node);
        const auto part_is = [this](Node part) { return is_nullable(part); };
        switch (e.kind) {
            case Kind::text:
                return e.count == 0;
            case Kind::characters:
                return false;
            case Kind::sequence:
                return std::ranges::all_of(rules_.parts_of(e), part_is);
            case Kind::choice:
                return std::ranges::any_of(rules_.parts_of(e), part_is);
            case Kind::repeat:
                return e.least == 0 || is_nullable(rules_.parts_of(e)[0]);
            case Kind::call:
                return facts_.is_nullable[e.first];
            case Kind::list:  // with a separator that reads something
                return all_required(e, &Facts::is_nullable);
        }
        return false;
    }

    bool all_required(const Rules::Expression& list, bool (Facts::*says)(Node) const) const {
        const std::span<const Node> parts = rules_.parts_of(list);
        for (size_t i = 0; i < parts.size(); i += 2) {
            if (parts[i + 1] != 0 && !(this->*says)(parts[i])) return false;
        }
        return true;
    }

    const Rules& rules_;
    RuleFacts facts_;
    std::vector<std::vector<uint32_t>> calls_;  // by rule
    std::vector<bool> seen_;
};

}  // namespace

RuleFacts facts_of(const Rules& rules, std::span<const uint32_t> starts) { return Facts(rules).run(starts); }

}  // namespace rwkvk::grammar
