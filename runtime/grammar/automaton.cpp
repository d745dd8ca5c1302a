#include "runtime/grammar/automaton.h"

#include <algorithm>
#include <utility>

#include "host/error.h"
#include "runtime/grammar/rule_facts.h"

namespace rwkvk::grammar {
namespace {

constexpr size_t most_ways = size_t{1} << 21;  // of all states, and states that they push

/// A way while it is found.
struct FoundWay {
    std::vector<uint32_t> pushed;
    uint32_t top;
    auto operator<=>(const FoundWay&) const = default;
};

}  // namespace

class AutomatonBuilder {
  public:
    AutomatonBuilder(const Rules& rules, Automaton& to) : rules_(rules), to_(to) {}

    void build(std::span<const uint32_t> starts) {
        facts_ = facts_of(rules_, starts);
        for (const uint32_t start : starts) {
            if (!facts_.is_productive[start]) {
                throw Error(Code::bad_argument, concat(rules_.rules()[start].name,
                                                       ": no text is ever complete; add a way that ends"));
            }
        }
        add_states();
        for (const uint32_t start : starts) to_.starts_.push_back(start_of_[start]);
        ways_of_start_.resize(rules_.rules().size());
        for (const uint32_t rule : from_the_left()) ways_of_start_[rule] = find_ways(start_of_[rule]);
        for (uint32_t state = 0; state + 1 < to_.states_.size(); ++state) add_ways(state);
        to_.states_.back().first_way = static_cast<uint32_t>(to_.ways_.size());
        spread_returns();
    }

  private:
    void add_states() {
        start_of_.assign(rules_.rules().size(), Automaton::none);
        Budget budget;
        for (const uint32_t rule : facts_.called) {
            if (!facts_.is_productive[rule]) continue;
            const std::string& name = rules_.rules()[rule].name;
            start_of_[rule] = static_cast<uint32_t>(to_.states_.size());
            append(determinized(make_nfa(rules_, rule, budget.states), facts_.is_productive, name, budget));
        }
        to_.states_.push_back({.first_edge = static_cast<uint32_t>(to_.edges_.size())});
    }

    void append(const Dfa& dfa) {
        const auto first = static_cast<uint32_t>(to_.states_.size());
        for (const Dfa::State& state : dfa.states) {
            to_.states_.push_back(
                {.first_edge = static_cast<uint32_t>(to_.edges_.size()), .may_return = state.accepts});
            for (Nfa::ByteEdge edge : state.bytes) {
                edge.to += first;
                to_.edges_.push_back(edge);
            }
            std::vector<Nfa::CallEdge>& calls = calls_.emplace_back(state.calls);
            for (Nfa::CallEdge& call : calls) call.to += first;
        }
    }

    /// The rules that a rule may call before it reads a byte, each after those that it calls so.
    std::vector<uint32_t> from_the_left() {
        enum class Mark : uint8_t { unseen, open, done };
        std::vector<Mark> marks(rules_.rules().size());
        std::vector<uint32_t> order;
        struct Visit {
            uint32_t rule;
            std::vector<uint32_t> callees;
            size_t next = 0;
        };
        std::vector<Visit> path;
        for (const uint32_t first : facts_.called) {
            if (!facts_.is_productive[first] || marks[first] != Mark::unseen) continue;
            path.push_back({first, left_calls(first)});
            marks[first] = Mark::open;
            while (!path.empty()) {
                Visit& visit = path.back();
                if (visit.next == visit.callees.size()) {
                    marks[visit.rule] = Mark::done;
                    order.push_back(visit.rule);
                    path.pop_back();
                    continue;
                }
                const uint32_t callee = visit.callees[visit.next++];
                if (marks[callee] == Mark::open) {
                    throw Error(Code::bad_argument,
                                concat(rules_.rules()[callee].name,
                                       ": left recursion: the rule calls itself before it reads anything"));
                }
                if (marks[callee] != Mark::unseen) continue;
                marks[callee] = Mark::open;
                path.push_back({callee, left_calls(callee)});
            }
        }
        return order;
    }

    std::vector<uint32_t> left_calls(uint32_t rule) {
        std::vector<uint32_t> callees;
        for (const uint32_t state : reached_by_nothing(start_of_[rule])) {
            for (const Nfa::CallEdge& call : calls_[state]) callees.push_back(call.rule);
        }
        return callees;
    }

    /// The state and those behind calls that may return at once.
    std::vector<uint32_t> reached_by_nothing(uint32_t from) const {
        std::vector<uint32_t> reached = {from};
        for (size_t i = 0; i < reached.size(); ++i) {
            for (const Nfa::CallEdge& call : calls_[reached[i]]) {
                if (facts_.is_nullable[call.rule] && std::ranges::count(reached, call.to) == 0)
                    reached.push_back(call.to);
            }
        }
        return reached;
    }

    bool reads(uint32_t state) const {
        return to_.states_[state].first_edge < to_.states_[state + 1].first_edge;
    }

    std::vector<FoundWay> find_ways(uint32_t from) const {
        std::vector<FoundWay> found;
        for (const uint32_t state : reached_by_nothing(from)) {
            if (reads(state)) found.push_back({{}, state});
            for (const Nfa::CallEdge& call : calls_[state]) {
                for (FoundWay way : ways_of_start_[call.rule]) {
                    // Nothing is left to do behind a call that ends a rule: its caller's place is free.
                    if (!is_last(call.to)) way.pushed.insert(way.pushed.begin(), call.to);
                    found.push_back(std::move(way));
                }
            }
            // Twice what is allowed at most are ever held.
            if (found.size() > most_stacks) refuse_many(found);
        }
        refuse_many(found);
        return found;
    }

    static void refuse_many(std::vector<FoundWay>& found) {
        std::ranges::sort(found);
        found.erase(std::unique(found.begin(), found.end()), found.end());
        const bool too_deep =
            std::ranges::any_of(found, [](const FoundWay& way) { return way.pushed.size() > most_depth; });
        if (found.size() <= most_stacks && !too_deep) return;
        throw Error(Code::bad_argument,
                    concat("the grammar is too ambiguous: it can go on from one place in more than ",
                           most_stacks, " ways, or by more than ", most_depth, " calls"));
    }

    bool is_last(uint32_t state) const {
        return to_.states_[state].may_return && !reads(state) && calls_[state].empty();
    }

    void add_ways(uint32_t state) {
        to_.states_[state].first_way = static_cast<uint32_t>(to_.ways_.size());
        if (calls_[state].empty()) {
            if (reads(state)) to_.ways_.push_back({0, 0, state});
            return;
        }
        for (const FoundWay& way : find_ways(state)) {
            to_.ways_.push_back({static_cast<uint32_t>(to_.pushed_.size()),
                                 static_cast<uint32_t>(way.pushed.size()), way.top});
            to_.pushed_.insert(to_.pushed_.end(), way.pushed.begin(), way.pushed.end());
        }
        if (to_.ways_.size() + to_.pushed_.size() > most_ways)
            throw Error(Code::bad_argument, "the grammar has too many ways to go on: make it smaller");
    }

    /// A rule may end where calls that return at once lead to its end.
    void spread_returns() {
        std::vector<uint32_t> also;
        for (uint32_t state = 0; state < calls_.size(); ++state) {
            for (const uint32_t reached : reached_by_nothing(state)) {
                if (to_.states_[reached].may_return) {
                    also.push_back(state);
                    break;
                }
            }
        }
        for (const uint32_t state : also) to_.states_[state].may_return = true;
    }

    const Rules& rules_;
    Automaton& to_;
    RuleFacts facts_;
    std::vector<uint32_t> start_of_;                    // by rule
    std::vector<std::vector<Nfa::CallEdge>> calls_;     // by state
    std::vector<std::vector<FoundWay>> ways_of_start_;  // by rule
};

Automaton::Automaton(const Rules& rules, std::span<const uint32_t> starts) {
    AutomatonBuilder(rules, *this).build(starts);
}

}  // namespace rwkvk::grammar
