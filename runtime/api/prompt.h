#pragma once

#include "runtime/api/handles.h"
#include "runtime/grammar/call_grammar.h"
#include "runtime/include/rwkvk_engine.h"
#include "runtime/session/conversation.h"

struct rwkvk_prompt {
    rwkvk::api::RuntimePointer runtime;
    rwkvk::ConversationPrompt prompt;
    rwkvk::ReplyEnds ends;
    rwkvk::text::ReplyStart start;
    rwkvk::text::SamplerParams sampling;
    std::vector<rwkvk::grammar::Callable> tools;
    rwkvk::text::ToolForm tool_form;
};
