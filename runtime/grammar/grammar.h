#pragma once
// A grammar for a vocabulary, ready to be matched; docs/GRAMMAR.md says what can be written.

#include <array>
#include <memory>
#include <string_view>

#include "runtime/grammar/automaton.h"
#include "runtime/grammar/frame_masks.h"
#include "runtime/grammar/rules.h"
#include "runtime/grammar/token_trie.h"
#include "runtime/text/think_splitter.h"

namespace rwkvk::grammar {

/// Does not change but for masks that it keeps; may be shared by threads.
class Grammar {
  public:
    /// Errors: as Automaton.
    Grammar(Rules rules, uint32_t root, std::shared_ptr<const TokenTrie> vocabulary);
    Grammar(const Grammar&) = delete;
    Grammar& operator=(const Grammar&) = delete;

    const Automaton& automaton() const { return *automaton_; }
    const TokenTrie& vocabulary() const { return *vocabulary_; }
    FrameMasks& masks() const { return *masks_; }
    /// Where a reply that begins so is read from.
    Automaton::State start(text::ReplyStart reply) const {
        return automaton_->start(static_cast<size_t>(reply));
    }

  private:
    std::shared_ptr<const TokenTrie> vocabulary_;
    std::unique_ptr<const Automaton> automaton_;
    std::unique_ptr<FrameMasks> masks_;
};

/// From a text in GBNF. Errors: Code::bad_argument with line and column, and as Automaton.
std::shared_ptr<const Grammar> make_gbnf_grammar(std::string_view text,
                                                 std::shared_ptr<const TokenTrie> vocabulary);

/// Of the JSON texts that a schema allows. Errors: Code::bad_argument naming what is not supported, and as
/// Automaton.
std::shared_ptr<const Grammar> make_json_grammar(std::string_view schema,
                                                 std::shared_ptr<const TokenTrie> vocabulary);

}  // namespace rwkvk::grammar
