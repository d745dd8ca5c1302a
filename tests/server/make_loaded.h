#pragma once
// What a server is loaded with.

#include "api/loaded.h"
#include "tests/support/border_handles.h"

namespace rwkvk::server {

inline Loaded make_loaded() {
    Runtime runtime;
    Model model = runtime.load(test::model_file);
    Tokenizer tokenizer = runtime.tokenizer();
    rwkvk_context_params context = test::on_cpu();
    rwkvk_engine_params params = engine_params();
    params.context = &context;
    Engine engine(model, tokenizer, params);
    return {std::move(runtime),
            std::move(model),
            std::move(tokenizer),
            std::move(engine),
            {"m"},
            "m.pth",
            "b2-0",
            2};
}

}  // namespace rwkvk::server
