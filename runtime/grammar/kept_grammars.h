#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/grammar/grammar.h"

namespace rwkvk::grammar {

/// Grammars for one vocabulary. Those that were asked for last are kept, with their masks: many answers
/// follow the same one. May be used by several threads.
class KeptGrammars {
  public:
    using Pointer = std::shared_ptr<const Grammar>;
    using Make = std::function<Pointer(std::shared_ptr<const TokenTrie> vocabulary)>;

    /// The one that is kept by this name, or what `make` makes; the tokenizer is always the same. Errors: as
    /// those of make.
    Pointer get(const std::string& name, const Make& make, const text::Tokenizer& tokenizer);

  private:
    struct Kept {
        std::string name;
        Pointer grammar;
    };
    Pointer find(const std::string& name);

    std::mutex mutex_;
    std::shared_ptr<const TokenTrie> vocabulary_;  // made when it is first needed
    std::deque<Kept> kept_;                        // the last one first
};

}  // namespace rwkvk::grammar
