#pragma once
// Answers in which a model may call tools, or must.

#include <memory>
#include <string>
#include <vector>

#include "runtime/grammar/grammar.h"
#include "runtime/text/chat_template.h"

namespace rwkvk::grammar {

struct Callable {
    std::string name, parameters;  // a JSON schema
    bool is_strict = false;        // otherwise any object will do, where the schema is not supported
};

struct CallRules {
    std::vector<Callable> tools = {};
    text::ToolForm form = text::ToolForm::list;
    bool must_call = false;    // otherwise text will do, or text and then calls where the form has a heading
    bool has_several = false;  // otherwise the answer ends behind its first call
};

/// Rules are equal where this is.
std::string name_of(const CallRules& rules);

/// Calls name one of the tools and have arguments that are valid by its schema.
/// Errors: Code::bad_argument naming the tool: for two of one name, for a strict one as make_json_grammar;
/// and as Automaton.
std::shared_ptr<const Grammar> make_call_grammar(const CallRules& wanted,
                                                 std::shared_ptr<const TokenTrie> vocabulary);

}  // namespace rwkvk::grammar
