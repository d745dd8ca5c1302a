#include "runtime/text/stop_automaton.h"

#include <string_view>

#include "host/error.h"

namespace rwkvk::text {
namespace {

void require_within_limits(std::span<const std::string> strings) {
    size_t bytes = 0;
    for (const std::string& string : strings) {
        if (string.empty()) throw Error(Code::bad_argument, "stop strings: one is empty; leave it out");
        bytes += string.size();
    }
    if (strings.size() <= StopAutomaton::max_strings && bytes <= StopAutomaton::max_bytes) return;
    throw Error(Code::bad_argument, concat("stop strings: found ", strings.size(), " of ", bytes,
                                           " bytes in all, expected at most ", StopAutomaton::max_strings,
                                           " of ", StopAutomaton::max_bytes, ": give fewer"));
}

}  // namespace

StopAutomaton::StopAutomaton(std::span<const std::string> strings) {
    require_within_limits(strings);
    for (const std::string& string : strings) {
        insert(string, static_cast<int32_t>(lengths_.size()));
        lengths_.push_back(string.size());
    }
    link();
}

StopAutomaton::Node StopAutomaton::child(Node parent, uint8_t label) const {
    Node node = nodes_[parent].first_child;
    while (node != 0 && nodes_[node].label != label) node = nodes_[node].next_sibling;
    return node;
}

void StopAutomaton::insert(std::string_view string, int32_t index) {
    Node node = root;
    for (const char byte : string) {
        const uint8_t label = static_cast<uint8_t>(byte);
        Node next = child(node, label);
        if (next == 0) {
            next = static_cast<Node>(nodes_.size());
            nodes_.push_back(
                {.next_sibling = nodes_[node].first_child, .depth = nodes_[node].depth + 1, .label = label});
            nodes_[node].first_child = next;
        }
        node = next;
    }
    if (nodes_[node].match == none) nodes_[node].match = index;
}

void StopAutomaton::link() {
    std::vector<Node> queue{root};  // breadth first: shorter beginnings are linked before longer ones
    for (size_t i = 0; i < queue.size(); ++i) {
        const Node parent = queue[i];
        for (Node node = nodes_[parent].first_child; node != 0; node = nodes_[node].next_sibling) {
            State& state = nodes_[node];
            if (parent != root) state.shorter = step(nodes_[parent].shorter, state.label);
            if (state.match == none) state.match = nodes_[state.shorter].match;
            queue.push_back(node);
        }
    }
}

StopAutomaton::Node StopAutomaton::step(Node from, uint8_t byte) const {
    Node next = child(from, byte);
    while (next == 0 && from != root) {
        from = nodes_[from].shorter;
        next = child(from, byte);
    }
    return next;
}

}  // namespace rwkvk::text
