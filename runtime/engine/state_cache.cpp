#include "runtime/engine/state_cache.h"

#include <algorithm>
#include <new>

namespace rwkvk::engine {

struct StateCache::Node {
    Node* parent = nullptr;
    size_t depth = 0;                                      // tokens from the root to the end of `label`
    std::vector<Token> label;                              // tokens between the parent and here
    std::map<Token, std::unique_ptr<Node>> children = {};  // by the first token of their labels
    KeptStatePointer kept = nullptr;
    uint64_t used = 0;
};

namespace {

uint64_t bytes_of(const KeptState& kept) { return (kept.state.size() + kept.logits.size()) * sizeof(float); }

uint64_t bytes_of(std::span<const Token> tokens) { return tokens.size_bytes(); }

/// How many of the first tokens are the same.
size_t common(std::span<const Token> a, std::span<const Token> b) {
    return static_cast<size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

}  // namespace

StateCache::StateCache(uint64_t capacity_bytes) : capacity_(capacity_bytes) {}
StateCache::~StateCache() {
    // Node by node: a chain of them may be longer than a stack is deep.
    while (!kept_.empty()) forget(*kept_.back());
}

StateCache::Found StateCache::find(const std::string& domain, std::span<const Token> tokens) {
    const std::lock_guard lock(mutex_);
    Found found;
    const auto root = roots_.find(domain);
    if (root == roots_.end()) return found;
    Node* best = nullptr;
    for (Node* node = root->second.get(); node;) {
        const bool helps = node->kept && (node->depth < tokens.size() || !node->kept->logits.empty());
        if (helps) best = node;
        const std::span<const Token> rest = tokens.subspan(node->depth);
        const auto child = rest.empty() ? node->children.end() : node->children.find(rest.front());
        if (child == node->children.end()) {
            found.known = node->depth;
            break;
        }
        Node* const next = child->second.get();
        const size_t same = common(next->label, rest);
        found.known = node->depth + same;
        node = same == next->label.size() ? next : nullptr;
    }
    if (best) {
        best->used = ++uses_;  // and not those above it, which are worth nothing more for this
        found.tokens = best->depth;
        found.kept = best->kept;
    }
    return found;
}

/// Null unless a label ends there.
StateCache::Node* StateCache::node_at(const std::string& domain, std::span<const Token> tokens) const {
    const auto root = roots_.find(domain);
    Node* node = root == roots_.end() ? nullptr : root->second.get();
    while (node && node->depth < tokens.size()) {
        const std::span<const Token> rest = tokens.subspan(node->depth);
        const auto child = node->children.find(rest.front());
        if (child == node->children.end()) return nullptr;
        node = child->second.get();
        if (common(node->label, rest) < node->label.size()) return nullptr;
    }
    return node;
}

bool StateCache::holds(const std::string& domain, std::span<const Token> tokens) const {
    const std::lock_guard lock(mutex_);
    const Node* const node = node_at(domain, tokens);
    return node && node->kept;
}

uint64_t StateCache::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

size_t StateCache::states() const {
    const std::lock_guard lock(mutex_);
    return kept_.size();
}

/// Where `tokens` end, below a root; labels are cut in two where that is needed. Whatever throws, the tree is
/// whole.
StateCache::Node& StateCache::make_node(Node& root, std::span<const Token> tokens) {
    Node* node = &root;
    while (node->depth < tokens.size()) {
        const std::span<const Token> rest = tokens.subspan(node->depth);
        const auto at = node->children.find(rest.front());
        if (at == node->children.end()) {
            auto leaf = std::make_unique<Node>(
                Node{.parent = node, .depth = tokens.size(), .label = {rest.begin(), rest.end()}});
            Node& made = *leaf;
            node->children.emplace(rest.front(), std::move(leaf));
            bytes_ += bytes_of(rest);
            return made;
        }
        const size_t same = common(at->second->label, rest);
        if (same < at->second->label.size()) cut(at->second, same);
        node = at->second.get();
    }
    return *node;
}

/// Puts a node into the label of this one, behind so many tokens.
void StateCache::cut(std::unique_ptr<Node>& node, size_t tokens) {
    std::vector<Token>& label = node->label;
    const auto end = label.begin() + static_cast<ptrdiff_t>(tokens);
    auto upper = std::make_unique<Node>(Node{
        .parent = node->parent, .depth = node->depth - label.size() + tokens, .label = {label.begin(), end}});
    std::unique_ptr<Node>& lower = upper->children[*end];
    // From here on nothing throws.
    label.erase(label.begin(), end);
    node->parent = upper.get();
    lower = std::move(node);
    node = std::move(upper);
}

void StateCache::keep(const std::string& domain, std::span<const Token> tokens, KeptState kept) {
    const uint64_t bytes = bytes_of(kept);
    if (bytes + bytes_of(tokens) > capacity_) return;
    auto state = std::make_shared<const KeptState>(std::move(kept));
    const std::lock_guard lock(mutex_);
    kept_.reserve(kept_.size() + 1);
    if (roots_.count(domain) == 0) roots_.emplace(domain, std::make_unique<Node>());
    Node& node = make_node(*roots_.at(domain), tokens);
    if (node.kept) {
        bytes_ -= bytes_of(*node.kept);
    } else {
        kept_.push_back(&node);
    }
    node.kept = std::move(state);
    node.used = ++uses_;
    bytes_ += bytes;
    while (bytes_ > capacity_) forget(*least_worth());
}

/// Of what is kept, that which saves the fewest tokens over what is kept above it, for each use since its
/// own.
StateCache::Node* StateCache::least_worth() const {
    const auto worth = [&](const Node* node) {
        const Node* above = node->parent;
        while (above && !above->kept) above = above->parent;
        const size_t saved = node->depth - (above ? above->depth : 0);
        return static_cast<double>(saved) / static_cast<double>(uses_ - node->used + 1);
    };
    return *std::ranges::min_element(kept_, {}, worth);
}

void StateCache::forget(Node& node) {
    bytes_ -= bytes_of(*node.kept);
    node.kept = nullptr;
    std::erase(kept_, &node);
    prune(&node);
}

/// Takes nodes away that hold nothing and part nothing.
void StateCache::prune(Node* node) {
    while (node && !node->kept && node->children.empty()) {
        Node* const parent = node->parent;
        if (!parent) {
            std::erase_if(roots_, [&](const auto& root) { return root.second.get() == node; });
            return;
        }
        bytes_ -= bytes_of(node->label);
        const Token first = node->label.front();
        parent->children.erase(first);
        node = parent;
    }
    if (!node || node->kept || !node->parent || node->children.size() > 1) return;
    // One child is left, which takes its place; where there is no memory for that, it stays.
    try {
        const Node& lower = *node->children.begin()->second;
        node->label.reserve(node->label.size() + lower.label.size());
    } catch (const std::bad_alloc&) {
        return;
    }
    std::unique_ptr<Node> child = std::move(node->children.begin()->second);
    Node* const parent = node->parent;
    node->label.insert(node->label.end(), child->label.begin(), child->label.end());
    child->label = std::move(node->label);
    child->parent = parent;
    const Token first = child->label.front();
    parent->children[first] = std::move(child);
}

}  // namespace rwkvk::engine
