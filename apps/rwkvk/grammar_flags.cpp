#include "grammar_flags.h"

#include "text_input.h"

namespace rwkvk::app {

std::optional<Grammar> GrammarFlags::open(const Tokenizer& tokenizer) const {
    if (!grammar.empty()) return Grammar::gbnf(tokenizer, grammar);
    if (!grammar_file.empty()) return Grammar::gbnf(tokenizer, read_text(grammar_file));
    if (!schema.empty()) return Grammar::json_schema(tokenizer, schema);
    if (!schema_file.empty()) return Grammar::json_schema(tokenizer, read_text(schema_file));
    return std::nullopt;
}

void add_grammar(CLI::App& command, GrammarFlags& flags) {
    CLI::Option* const options[] = {
        command.add_option("--grammar", flags.grammar, "GBNF that answers must follow (docs/GRAMMAR.md)"),
        command.add_option("--grammar-file", flags.grammar_file, "File with it, - for stdin"),
        command.add_option("-j,--json-schema", flags.schema,
                           "JSON schema that answers must be valid by; {}: any JSON"),
        command.add_option("--json-schema-file", flags.schema_file, "File with it, - for stdin")};
    for (CLI::Option* const one : options) {
        one->excludes(command.get_option("--receipt"));  // which could not be computed again
        for (CLI::Option* const other : options) {
            if (one != other) one->excludes(other);
        }
    }
}

}  // namespace rwkvk::app
