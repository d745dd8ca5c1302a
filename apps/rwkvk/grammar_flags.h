#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <rwkvk_grammar.hpp>
#include <string>

namespace rwkvk::app {

/// The flags by which generate and chat hold answers to a grammar.
struct GrammarFlags {
    std::string grammar, grammar_file, schema, schema_file;

    /// None where no flag was given. Errors: RWKVK_BAD_ARGUMENT, RWKVK_IO.
    std::optional<Grammar> open(const Tokenizer& tokenizer) const;
};

/// To a command that has --receipt, which goes with none of them.
void add_grammar(CLI::App& command, GrammarFlags& flags);

}  // namespace rwkvk::app
