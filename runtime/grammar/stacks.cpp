#include "runtime/grammar/stacks.h"

#include <algorithm>

#include "host/error.h"

namespace rwkvk::grammar {

void StackPool::clear() {
    frames_.assign(1, {Automaton::none, 0, 0});
    table_.assign(64, 0);
}

size_t StackPool::place_of(uint32_t stack, Automaton::State state) const {
    const uint64_t key = (uint64_t{stack} << 32 | state) * 0x9e3779b97f4a7c15u;
    const size_t mask = table_.size() - 1;
    size_t place = (key >> 32) & mask;
    while (table_[place] != 0) {
        const Frame& frame = frames_[table_[place]];
        if (frame.state == state && frame.below == stack) break;
        place = (place + 1) & mask;
    }
    return place;
}

void StackPool::grow() {
    table_.assign(table_.size() * 2, 0);
    for (uint32_t i = 1; i < frames_.size(); ++i) table_[place_of(frames_[i].below, frames_[i].state)] = i;
}

uint32_t StackPool::push(uint32_t stack, Automaton::State state) {
    size_t place = place_of(stack, state);
    if (table_[place] != 0) return table_[place];
    const uint32_t depth = frames_[stack].depth + 1;
    if (depth > most_depth) {
        throw Error(Code::bad_argument,
                    concat("the grammar nests its rules more than ", most_depth, " deep in this text"));
    }
    if (2 * frames_.size() >= table_.size()) {
        grow();
        place = place_of(stack, state);
    }
    table_[place] = static_cast<uint32_t>(frames_.size());
    frames_.push_back({state, stack, depth});
    return table_[place];
}

void Threads::put(Thread thread) {
    const auto known = list_.begin() + static_cast<ptrdiff_t>(first_);
    if (std::find(known, list_.end(), thread) != list_.end()) return;
    if (list_.size() - first_ == most_stacks) {
        throw Error(Code::bad_argument,
                    concat("the grammar is too ambiguous: this text can be read in more than ", most_stacks,
                           " ways at once"));
    }
    list_.push_back(thread);
}

void Threads::reach(Automaton::State state, uint32_t stack) {
    while (true) {
        for (const Automaton::Way& way : automaton_.ways(state)) {
            uint32_t on = stack;
            for (const Automaton::State pushed : automaton_.pushed(way)) on = pool_.push(on, pushed);
            put({way.top, on});
        }
        if (!automaton_.may_return(state)) return;
        if (stack == 0) {
            ended_ = true;
            return;
        }
        const StackPool::Frame& frame = pool_.top(stack);
        state = frame.state;
        stack = frame.below;
    }
}

}  // namespace rwkvk::grammar
