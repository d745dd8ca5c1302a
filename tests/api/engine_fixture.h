#pragma once
// A small model for engines, and what a request is told.

#include <doctest/doctest.h>

#include <rwkvk_engine.hpp>
#include <rwkvk_generate.hpp>
#include <string>
#include <vector>

#include "tests/support/border_handles.h"

namespace rwkvk::test {

struct Answer {
    std::vector<Token> tokens;
    std::string text;
    int32_t end = -1;
    rwkvk_status status = RWKVK_OK;
    std::string message;
    size_t cached = 0;
};

inline EventSink into(Answer& answer) {
    return [&answer](const rwkvk_engine_event& event) {
        CHECK(event.size == sizeof event);
        CHECK(answer.end == -1);
        if (event.kind == RWKVK_EVENT_STARTED) answer.cached = event.done;
        if (event.kind == RWKVK_EVENT_PIECE) answer.tokens.push_back(event.token);
        answer.text.append(event.text, event.text_bytes);
        if (event.kind != RWKVK_EVENT_DONE) return;
        answer.end = event.end;
        answer.status = event.status;
        answer.message = event.message;
    };
}

struct Fixture {
    Runtime runtime;
    Model model = runtime.load(model_file);
    Tokenizer tokenizer = runtime.tokenizer();
    rwkvk_context_params context = on_cpu();

    rwkvk_engine_params params() const {
        rwkvk_engine_params params = engine_params();
        params.context = &context;
        return params;
    }
    std::vector<Token> plainly(const std::vector<Token>& prompt, const rwkvk_sampler_params& sampling,
                               size_t count) const {
        Context alone(model, context);
        Sampler sampler(runtime, sampling);
        std::vector<Token> tokens;
        generate(alone, 0, alone.eval(0, prompt), sampler, {}, count, [&](Token token) {
            tokens.push_back(token);
            return true;
        });
        return tokens;
    }
};

}  // namespace rwkvk::test
