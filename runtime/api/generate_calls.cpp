#include "runtime/include/rwkvk_generate.h"

#include "runtime/api/handles.h"
#include "runtime/session/generation.h"

using namespace rwkvk;
using namespace rwkvk::api;

rwkvk_status rwkvk_generate(rwkvk_context* context, uint32_t slot, const float* logits,
                            rwkvk_sampler* sampler, const rwkvk_token* ends, size_t end_count, size_t limit,
                            rwkvk_token_fn take, void* user) {
    if (!context) return RWKVK_BAD_ARGUMENT;
    return guarded(*context->runtime, [&] {
        require(logits, "logits");
        require(sampler, "sampler");
        require(reinterpret_cast<const void*>(take), "take");
        if (end_count > 0) require(ends, "ends");
        Context& on = context->open->use();
        on.take_interrupt();
        Generation generation(on, {logits, on.model().programs().vocabulary}, sampler->sampler,
                              {.slot = slot, .ends = {ends, ends + end_count}, .limit = limit});
        bool wanted = true, interrupted = false;
        while (wanted && !interrupted && generation.tokens().size() < limit) {
            const Token token = generation.next();
            wanted = take(user, token) != 0 && !generation.ended();
            interrupted = on.take_interrupt();
        }
        generation.stop(generation.tokens().size() - !wanted);
        if (interrupted && wanted) throw Error(Code::cancelled, "interrupted");
    });
}
