// rwkvk_generate.hpp: rwkvk_generate.h with exceptions, as rwkvk.hpp is rwkvk.h.
#ifndef RWKVK_GENERATE_HPP
#define RWKVK_GENERATE_HPP

#include "rwkvk.hpp"
#include "rwkvk_generate.h"

namespace rwkvk {
inline namespace v1 {

/// Whether there should be more; if not, the token is not fed.
using TokenSink = std::function<bool(Token token)>;

/// Goes on from the logits of what the slot was fed last.
inline void generate(Context& context, uint32_t slot, const std::vector<float>& logits, Sampler& sampler,
                     const std::vector<Token>& ends, size_t limit, const TokenSink& sink) {
    struct Call {
        const TokenSink& sink;
        std::exception_ptr thrown;
    } call{sink, nullptr};
    const auto forward = [](void* user, Token token) -> int32_t {
        auto& to = *static_cast<Call*>(user);
        try {
            return to.sink(token);
        } catch (...) {
            to.thrown = std::current_exception();
            return 0;
        }
    };
    detail::rethrowing(context.runtime(), call.thrown, [&] {
        return rwkvk_generate(context.handle(), slot, logits.data(), sampler.handle(), ends.data(),
                              ends.size(), limit, forward, &call);
    });
}

}  // namespace v1
}  // namespace rwkvk
#endif
