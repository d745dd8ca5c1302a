#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "runtime/grammar/grammar.h"

namespace rwkvk::grammar {

/// Grammars for one vocabulary. Those that were asked for last are kept, with their masks: many answers
/// follow the same one. May be used by several threads.
class KeptGrammars {
  public:
    using Pointer = std::shared_ptr<const Grammar>;
    using Make = Pointer (*)(std::string_view text, std::shared_ptr<const TokenTrie> vocabulary);

    /// By make_gbnf_grammar or make_json_grammar; the tokenizer is always the same. Errors: as there.
    Pointer get(Make make, std::string_view text, const text::Tokenizer& tokenizer);

  private:
    struct Kept {
        Make make;
        std::string text;
        Pointer grammar;
    };
    Pointer find(Make make, std::string_view text);

    std::mutex mutex_;
    std::shared_ptr<const TokenTrie> vocabulary_;  // made when it is first needed
    std::deque<Kept> kept_;                        // the last one first
};

}  // namespace rwkvk::grammar
