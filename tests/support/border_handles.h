#pragma once
// One handle of each kind, for tests of the C border.

#include <rwkvk.hpp>
#include <string>

namespace rwkvk::test {

inline const std::string model_file = RWKVK_TEST_DATA "/v7.0/model-fp32.pth";

inline rwkvk_context_params on_cpu() {
    rwkvk_context_params params = rwkvk::context_params();
    params.device = "cpu";
    params.threads = 1;
    params.slots = 2;
    return params;
}

/// One of each kind.
struct Handles {
    rwkvk::Runtime runtime;
    rwkvk::Model model = runtime.load(model_file);
    rwkvk::Tokenizer tokenizer = runtime.tokenizer();
    rwkvk::Context context{model, on_cpu()};
    rwkvk_sampler* sampler = nullptr;
    rwkvk_stream* stream = nullptr;
    rwkvk_chat* chat = nullptr;

    Handles() {
        runtime.check(rwkvk_sampler_create(runtime.handle(), nullptr, &sampler));
        runtime.check(rwkvk_stream_create(tokenizer.handle(), nullptr, 0, &stream));
        rwkvk_chat_params params = rwkvk::chat_params();
        params.max_tokens = 2;
        runtime.check(rwkvk_chat_create(context.handle(), tokenizer.handle(), &params, &chat));
    }
    ~Handles() {
        rwkvk_chat_destroy(chat);
        rwkvk_stream_destroy(stream);
        rwkvk_sampler_destroy(sampler);
    }
    Handles(const Handles&) = delete;
    Handles& operator=(const Handles&) = delete;

    std::string last_error() const { return rwkvk_last_error(runtime.handle()); }
};

}  // namespace rwkvk::test
