/* rwkvk_generate.h: tokens that go on by themselves. A part of the stable border; what rwkvk.h says of handles, errors,
 * parameters and threads holds here too. */
#ifndef RWKVK_GENERATE_H
#define RWKVK_GENERATE_H

#include "rwkvk.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Takes the next token, in the calling thread. 0: enough, and this token is not fed; otherwise it is. Of the context it
 * may only call rwkvk_context_interrupt, and nothing that changes the sampler. */
typedef int32_t (*rwkvk_token_fn)(void *user, rwkvk_token token);

/** Draws tokens and feeds each to draw the next: the same tokens, sampler and state as by rwkvk_sampler_sample and
 * rwkvk_eval, one after the other. A device that can draws them itself and runs ahead, so that it never waits for what
 * the host does between two tokens.
 * `logits` [vocabulary]: of the last token that the slot was fed. `ends`, which may be NULL: tokens that end it; they are
 * handed out, but not fed. `limit`: as many tokens at most; the last one is fed. The sampler counts all for its penalties.
 * Errors: those of rwkvk_sampler_sample and rwkvk_feed; RWKVK_CANCELLED after rwkvk_context_interrupt, and then the
 * tokens that were handed out are in the state. */
RWKVK_API rwkvk_status rwkvk_generate(rwkvk_context *context, uint32_t slot, const float *logits,
                                      rwkvk_sampler *sampler, const rwkvk_token *ends, size_t end_count, size_t limit,
                                      rwkvk_token_fn take, void *user);

#ifdef __cplusplus
}
#endif
#endif
