#include "runtime/grammar/dfa.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <unordered_map>
#include <utility>

#include "host/error.h"

namespace rwkvk::grammar {
namespace {

using Subset = std::vector<uint32_t>;  // rising

struct SubsetHash {
    size_t operator()(const Subset& subset) const {
        uint64_t hash = 14695981039346656037u;
        for (const uint32_t state : subset) hash = (hash ^ state) * 1099511628211u;
        return static_cast<size_t>(hash);
    }
};

/// Takes away the calls that never return, and edges to where the end cannot be reached from.
void trim(Nfa& nfa, const std::vector<bool>& is_productive) {
    std::vector<std::vector<uint32_t>> before(nfa.states.size());
    for (uint32_t from = 0; from < nfa.states.size(); ++from) {
        Nfa::State& state = nfa.states[from];
        std::erase_if(state.calls, [&](const Nfa::CallEdge& edge) { return !is_productive[edge.rule]; });
        for (const auto& edge : state.bytes) before[edge.to].push_back(from);
        for (const auto& edge : state.calls) before[edge.to].push_back(from);
        for (const uint32_t to : state.empty) before[to].push_back(from);
    }
    std::vector<bool> lives(nfa.states.size());
    std::vector<uint32_t> open = {nfa.end};
    lives[nfa.end] = true;
    while (!open.empty()) {
        const uint32_t state = open.back();
        open.pop_back();
        for (const uint32_t from : before[state]) {
            if (!lives[from]) open.push_back(from);
            lives[from] = true;
        }
    }
    for (Nfa::State& state : nfa.states) {
        std::erase_if(state.bytes, [&](const auto& edge) { return !lives[edge.to]; });
        std::erase_if(state.calls, [&](const auto& edge) { return !lives[edge.to]; });
        std::erase_if(state.empty, [&](uint32_t to) { return !lives[to]; });
    }
}

class Determinizer {
  public:
    Determinizer(const Nfa& nfa, const std::string& rule, Budget& budget)
        : nfa_(nfa), rule_(rule), budget_(budget), seen_(nfa.states.size()) {}

    Dfa run() {
        std::vector<uint32_t> start = {nfa_.start};
        state_of(start);
        for (uint32_t i = 0; i < subsets_.size(); ++i) {
            const Subset from = *subsets_[i];
            Dfa::State made;
            made.bytes = byte_edges(from);
            made.calls = call_edges(from);
            made.accepts = std::ranges::binary_search(from, nfa_.end);
            dfa_.states[i] = std::move(made);
        }
        return std::move(dfa_);
    }

  private:
    void spend(size_t work) {
        if (budget_.work < work) {
            throw Error(
                Code::bad_argument,
                concat(rule_, ": the grammar takes too much work: make it smaller or less ambiguous"));
        }
        budget_.work -= work;
    }

    /// Of these states and what empty edges lead to; only those with other edges, and the end, count.
    uint32_t state_of(std::vector<uint32_t>& reached) {
        ++round_;
        Subset subset;
        while (!reached.empty()) {
            const uint32_t at = reached.back();
            reached.pop_back();
            if (std::exchange(seen_[at], round_) == round_) continue;
            const Nfa::State& state = nfa_.states[at];
            spend(1 + state.empty.size());
            if (at == nfa_.end || !state.bytes.empty() || !state.calls.empty()) subset.push_back(at);
            reached.insert(reached.end(), state.empty.begin(), state.empty.end());
        }
        std::ranges::sort(subset);
        const auto [known, is_new] =
            numbers_.try_emplace(std::move(subset), static_cast<uint32_t>(subsets_.size()));
        if (is_new) {
            if (budget_.states == 0) {
                throw Error(
                    Code::bad_argument,
                    concat(rule_, ": the grammar has too many states: make it smaller, or repeat less"));
            }
            --budget_.states;
            subsets_.push_back(&known->first);
            dfa_.states.emplace_back();
        }
        return known->second;
    }

    /// Where ranges begin and end, the set of states reached changes.
    std::vector<Nfa::ByteEdge> byte_edges(const Subset& from) {
        std::array<bool, 257> begins{};
        std::vector<Nfa::ByteEdge> edges;
        for (const uint32_t at : from) {
            for (const Nfa::ByteEdge& edge : nfa_.states[at].bytes) {
                begins[edge.low] = begins[edge.high + size_t{1}] = true;
                edges.push_back(edge);
            }
        }
        std::vector<Nfa::ByteEdge> result;
        if (edges.empty()) return result;
        std::vector<uint32_t> reached;
        for (uint32_t low = 0; low < 256;) {
            uint32_t end = low + 1;
            while (end < 256 && !begins[end]) ++end;
            spend(edges.size() / 4 + 1);
            for (const Nfa::ByteEdge& edge : edges) {
                if (edge.low <= low && low <= edge.high) reached.push_back(edge.to);
            }
            if (!reached.empty()) {
                const uint32_t to = state_of(reached);
                const bool goes_on =
                    !result.empty() && result.back().to == to && result.back().high + 1u == low;
                if (goes_on) {
                    result.back().high = static_cast<uint8_t>(end - 1);
                } else {
                    result.push_back({static_cast<uint8_t>(low), static_cast<uint8_t>(end - 1), to});
                }
            }
            low = end;
        }
        return result;
    }

    std::vector<Nfa::CallEdge> call_edges(const Subset& from) {
        std::map<uint32_t, std::vector<uint32_t>> by_rule;
        for (const uint32_t at : from) {
            for (const Nfa::CallEdge& edge : nfa_.states[at].calls) by_rule[edge.rule].push_back(edge.to);
        }
        std::vector<Nfa::CallEdge> result;
        for (auto& [rule, reached] : by_rule) result.push_back({rule, state_of(reached)});
        return result;
    }

    const Nfa& nfa_;
    const std::string& rule_;
    Budget& budget_;
    Dfa dfa_;
    std::unordered_map<Subset, uint32_t, SubsetHash> numbers_;
    std::vector<const Subset*> subsets_;  // by number
    std::vector<uint32_t> seen_;          // in which round
    uint32_t round_ = 0;
};

}  // namespace

Dfa determinized(Nfa nfa, const std::vector<bool>& is_productive, const std::string& rule, Budget& budget) {
    trim(nfa, is_productive);
    return Determinizer(nfa, rule, budget).run();
}

}  // namespace rwkvk::grammar
