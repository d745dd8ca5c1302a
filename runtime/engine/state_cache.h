#pragma once
// States of prompts that were read before, so that a prompt which begins the same is not read again.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "runtime/session/context.h"

namespace rwkvk::engine {

/// The state behind some tokens as Context::state gives it, and the logits of the last of them where a prompt
/// ended there.
struct KeptState {
    std::vector<float> state, logits;
};
using KeptStatePointer = std::shared_ptr<const KeptState>;

/// Kept states by the tokens that made them: a radix tree for each domain, of which none sees another's. When
/// the states exceed the capacity, those go that save the fewest tokens for the time since they were of use.
/// May be used from every thread.
class StateCache {
  public:
    explicit StateCache(uint64_t capacity_bytes);
    ~StateCache();

    struct Found {
        size_t tokens = 0;      // so many of the first ones made `kept`
        KeptStatePointer kept;  // null: none
        size_t known = 0;       // so many of the first ones others had too
    };
    /// What is best to begin with to have the logits of the last of `tokens`. Counts as a use of it.
    Found find(const std::string& domain, std::span<const Token> tokens);
    /// Whether there is a state behind exactly these.
    bool holds(const std::string& domain, std::span<const Token> tokens) const;
    /// Takes the place of one that is there. Larger than the capacity it is not kept.
    void keep(const std::string& domain, std::span<const Token> tokens, KeptState kept);

    uint64_t bytes() const;  // states, logits and tokens
    size_t states() const;

  private:
    struct Node;
    Node* node_at(const std::string& domain, std::span<const Token> tokens) const;
    Node& make_node(Node& root, std::span<const Token> tokens);
    void cut(std::unique_ptr<Node>& node, size_t tokens);
    void forget(Node& node);
    void prune(Node* node);
    Node* least_worth() const;

    const uint64_t capacity_;
    mutable std::mutex mutex_;  // guards what follows
    uint64_t bytes_ = 0;
    uint64_t uses_ = 0;  // so far: the clock
    std::map<std::string, std::unique_ptr<Node>> roots_;
    std::vector<Node*> kept_;  // those with a state
};

}  // namespace rwkvk::engine
