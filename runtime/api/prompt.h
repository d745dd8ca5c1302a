#pragma once

#include "runtime/api/handles.h"
#include "runtime/include/rwkvk_engine.h"
#include "runtime/session/conversation.h"

struct rwkvk_prompt {
    rwkvk::api::RuntimePointer runtime;
    rwkvk::ConversationPrompt prompt;
    rwkvk::ReplyEnds ends;
    rwkvk::text::ReplyStart start;
    rwkvk::text::SamplerParams sampling;
};
