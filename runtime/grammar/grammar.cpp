#include "runtime/grammar/grammar.h"

#include <utility>

#include "host/error.h"
#include "runtime/grammar/gbnf.h"
#include "runtime/grammar/json_schema.h"
#include "runtime/grammar/reply_starts.h"

namespace rwkvk::grammar {

Grammar::Grammar(Rules rules, uint32_t root, std::shared_ptr<const TokenTrie> vocabulary)
    : vocabulary_(std::move(vocabulary)) {
    automaton_ = std::make_unique<Automaton>(rules, add_reply_starts(rules, root));
    masks_ = std::make_unique<FrameMasks>(*automaton_, *vocabulary_);
}

std::shared_ptr<const Grammar> make_gbnf_grammar(std::string_view text,
                                                 std::shared_ptr<const TokenTrie> vocabulary) {
    Rules rules;
    const uint32_t root = parse_gbnf(text, rules);
    return std::make_shared<const Grammar>(std::move(rules), root, std::move(vocabulary));
}

std::shared_ptr<const Grammar> make_json_grammar(std::string_view schema,
                                                 std::shared_ptr<const TokenTrie> vocabulary) {
    Rules rules;
    const uint32_t root = add_json_schema(schema, rules);
    return std::make_shared<const Grammar>(std::move(rules), root, std::move(vocabulary));
}

}  // namespace rwkvk::grammar
