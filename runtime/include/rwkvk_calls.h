/* rwkvk_calls.h: answers in which a model calls tools. A part of the stable border; what rwkvk.h says of handles, errors,
 * parameters and threads holds here too.
 *
 *     rwkvk_tool tools[] = {{"weather", "of a town", "{\"type\": \"object\", ...}"}};
 *     params.tools = tools, params.tool_count = 1;
 *     rwkvk_prompt_create(model, tokenizer, &params, messages, count, &prompt);
 *     rwkvk_grammar_calls(tokenizer, prompt, NULL, &grammar);   so that what is called is there, with valid arguments
 *     rwkvk_sampler_grammar(sampler, grammar);
 *     ... for each piece of the answer: rwkvk_call_reader_take(reader, text, bytes, 0, &read);
 *
 * What a tool gave back is the next message, of the role "tool", behind the answer with its calls. */
#ifndef RWKVK_CALLS_H
#define RWKVK_CALLS_H

#include "rwkvk_engine.h"
#include "rwkvk_grammar.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rwkvk_call_rules {
    uint32_t size;
    const char *tool;     /* the only one that may be called; NULL: any */
    int32_t must_call;    /* 1: the answer is a call; 0: it may be text, or text and then a call where these have headings */
    int32_t has_several;  /* 1: more calls may follow the first; 0: the answer ends behind it */
} rwkvk_call_rules;

RWKVK_API void rwkvk_call_rules_default(rwkvk_call_rules *rules, uint32_t size);

/** Of answers to a prompt with tools: calls name one of them, with arguments that are valid by its schema; text is free.
 * `rules` may be NULL.
 * Errors: RWKVK_BAD_ARGUMENT for a prompt without tools or without the one named, for two of one name, and for a strict
 * one as rwkvk_grammar_json_schema. */
RWKVK_API rwkvk_status rwkvk_grammar_calls(const rwkvk_tokenizer *tokenizer, const rwkvk_prompt *prompt,
                                           const rwkvk_call_rules *rules, rwkvk_grammar **grammar);

/** Finds the calls of one answer while it comes, in all forms that models were trained on. Used by one thread at a time. */
typedef struct rwkvk_call_reader rwkvk_call_reader;

typedef struct rwkvk_read_calls {
    uint32_t size;
    const char *text; /* of the answer, before its first call */
    size_t text_bytes;
    const rwkvk_tool_call *calls;
    size_t call_count;
} rwkvk_read_calls;

RWKVK_API rwkvk_status rwkvk_call_reader_create(rwkvk_runtime *runtime, rwkvk_call_reader **reader);
RWKVK_API void rwkvk_call_reader_destroy(rwkvk_call_reader *reader);

/** Takes more of the answer, and tells what has become certain by it, borrowed from the reader until its next call.
 * `is_last`: 1: there is no more. Arguments are JSON objects, but may miss what a schema wants where no grammar held the
 * answer; calls are told when they are whole, at most 64. `read->size` is set by the caller. */
RWKVK_API rwkvk_status rwkvk_call_reader_take(rwkvk_call_reader *reader, const char *text, size_t bytes,
                                              int32_t is_last, rwkvk_read_calls *read);

#ifdef __cplusplus
}
#endif
#endif
