#include <algorithm>

#include "runtime/api/grammar.h"
#include "runtime/api/prompt.h"
#include "runtime/include/rwkvk_calls.h"
#include "runtime/session/tool_calls.h"

using namespace rwkvk;
using namespace rwkvk::api;

struct rwkvk_call_reader {
    RuntimePointer runtime;
    ToolCallReader reader = {};
    ToolCalls read = {};  // what was told last
    std::vector<rwkvk_tool_call> told = {};
};

namespace {

grammar::CallRules rules_for(const rwkvk_prompt& prompt, const rwkvk_call_rules& wanted) {
    if (prompt.tools.empty()) throw Error(Code::bad_argument, "the prompt has no tools that could be called");
    grammar::CallRules rules{.tools = prompt.tools,
                             .form = prompt.tool_form,
                             .must_call = wanted.must_call != 0,
                             .has_several = wanted.has_several != 0};
    if (!wanted.tool) return rules;
    std::erase_if(rules.tools, [&](const grammar::Callable& tool) { return tool.name != wanted.tool; });
    if (rules.tools.empty())
        throw Error(Code::bad_argument, concat("the prompt has no tool ", quote(wanted.tool)));
    return rules;
}

}  // namespace

void rwkvk_call_rules_default(rwkvk_call_rules* rules, uint32_t size) {
    set_defaults({.size = size, .tool = nullptr, .must_call = 0, .has_several = 0}, rules, size);
}

rwkvk_status rwkvk_grammar_calls(const rwkvk_tokenizer* tokenizer, const rwkvk_prompt* prompt,
                                 const rwkvk_call_rules* rules, rwkvk_grammar** grammar) {
    if (!tokenizer) return RWKVK_BAD_ARGUMENT;
    return guarded(*tokenizer->runtime, [&] {
        require(prompt, "prompt");
        require(grammar, "grammar");
        const grammar::CallRules wanted = rules_for(*prompt, complete(rules, rwkvk_call_rules_default));
        *grammar = kept_grammar(*tokenizer, name_of(wanted), [&](auto vocabulary) {
            return grammar::make_call_grammar(wanted, std::move(vocabulary));
        });
    });
}

rwkvk_status rwkvk_call_reader_create(rwkvk_runtime* runtime, rwkvk_call_reader** reader) {
    if (!runtime) return RWKVK_BAD_ARGUMENT;
    return guarded(*runtime->runtime, [&] {
        require(reader, "reader");
        *reader = new rwkvk_call_reader{.runtime = runtime->runtime};
    });
}

void rwkvk_call_reader_destroy(rwkvk_call_reader* reader) { delete reader; }

rwkvk_status rwkvk_call_reader_take(rwkvk_call_reader* reader, const char* text, size_t bytes,
                                    int32_t is_last, rwkvk_read_calls* read) {
    if (!reader) return RWKVK_BAD_ARGUMENT;
    return guarded(*reader->runtime, [&] {
        if (bytes > 0) require(text, "text");
        require_room(read);
        ToolCalls found = reader->reader.take({text, bytes});
        if (is_last) found += reader->reader.finish();
        reader->read = std::move(found);
        reader->told.clear();
        for (const text::ToolCall& call : reader->read.calls)
            reader->told.push_back({call.name.c_str(), call.arguments.c_str()});
        const rwkvk_read_calls told{.size = read->size,
                                    .text = reader->read.text.c_str(),
                                    .text_bytes = reader->read.text.size(),
                                    .calls = reader->told.data(),
                                    .call_count = reader->told.size()};
        hand_out(told, read);
    });
}
