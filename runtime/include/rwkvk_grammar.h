/* rwkvk_grammar.h: answers that are held to a grammar or a JSON schema. A part of the stable border; what rwkvk.h says
 * of handles, errors, parameters and threads holds here too.
 *
 *     rwkvk_grammar_json_schema(tokenizer, "{\"type\": \"array\", \"items\": {\"type\": \"integer\"}}", &grammar);
 *     rwkvk_sampler_grammar(sampler, grammar);
 *
 * Tokens that the text may not go on with are banned before anything else is done to the logits, so a grammar and a seed
 * give the same tokens everywhere. docs/GRAMMAR.md says what can be written. */
#ifndef RWKVK_GRAMMAR_H
#define RWKVK_GRAMMAR_H

#include "rwkvk.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Does not change: samplers, chats and threads may share one. They keep what they need of it. */
typedef struct rwkvk_grammar rwkvk_grammar;

/* A tokenizer keeps the 64 that were made last, so that making the same again costs nothing. */

/** From a text in GBNF, whose rule `root` is a whole answer, for the tokens of a vocabulary.
 * Errors: RWKVK_BAD_ARGUMENT with line and column of what is wrong. */
RWKVK_API rwkvk_status rwkvk_grammar_gbnf(const rwkvk_tokenizer *tokenizer, const char *text, rwkvk_grammar **grammar);
/** Of the JSON texts that are valid by a schema.
 * Errors: RWKVK_BAD_ARGUMENT with the place in the schema, also for a keyword that is not supported: none is ignored. */
RWKVK_API rwkvk_status rwkvk_grammar_json_schema(const rwkvk_tokenizer *tokenizer, const char *schema,
                                                 rwkvk_grammar **grammar);
RWKVK_API void rwkvk_grammar_destroy(rwkvk_grammar *grammar);

enum {
    RWKVK_MATCH_NONE = 0, /* the grammar does not begin so */
    RWKVK_MATCH_PART = 1, /* a text that it allows begins so */
    RWKVK_MATCH_WHOLE = 2 /* it allows this text, and perhaps longer ones that begin so */
};

/** What the bytes are to the grammar. Errors: RWKVK_BAD_ARGUMENT for a text that it nests too deep, or that can be read
 * in too many ways. */
RWKVK_API rwkvk_status rwkvk_grammar_match(const rwkvk_grammar *grammar, const char *text, size_t bytes, int32_t *match);

/** What is drawn from now on is a text that the grammar allows, from its beginning; NULL: no grammar. The token that ends
 * texts may be drawn where the text may end, and is the only one where it must. rwkvk_sampler_forget begins anew.
 * An engine's request with this sampler and a prompt of a conversation holds the answer to it, not what comes before:
 * reasoning is free, and so is what closes it.
 * What draws then may fail with RWKVK_BAD_ARGUMENT: when no token is left, or the grammar is too ambiguous. */
RWKVK_API rwkvk_status rwkvk_sampler_grammar(rwkvk_sampler *sampler, const rwkvk_grammar *grammar);
/** The same for every answer of a chat that follows. Not with a receipt, which holds no grammars. */
RWKVK_API rwkvk_status rwkvk_chat_grammar(rwkvk_chat *chat, const rwkvk_grammar *grammar);

#ifdef __cplusplus
}
#endif
#endif
