#include "embedding.h"

#include <algorithm>
#include <utility>

#include "error_words.h"

namespace rwkvk::server {

Embedding::Embedding(Loaded& loaded, EmbeddingJob job, std::shared_ptr<http::Responder> client)
    : loaded_(loaded),
      job_(std::move(job)),
      client_(std::move(client)),
      pools_(job_.inputs.size(), app::Pool(job_.pooling)),
      coming_(job_.inputs.size()) {}

void Embedding::begin() {
    {
        const std::lock_guard lock(mutex_);
        try {
            for (size_t input = 0; input < job_.inputs.size(); ++input) ask(input);
        } catch (const Error& error) {
            over_ = true;
            cancel_all();
            throw to_api_error(error.status(), error.what());
        }
    }
    client_->on_gone([self = weak_from_this()] {
        if (const auto embedding = self.lock()) embedding->leave();
    });
}

void Embedding::ask(size_t input) {
    const std::vector<Token>& tokens = job_.inputs[input].tokens;
    rwkvk_engine_request request = engine_request();
    request.tokens = tokens.data();
    request.token_count = tokens.size();
    request.max_tokens = 0;
    request.wants_hidden = job_.pooling == app::Pooling::mean ? RWKVK_WANT_ALL : RWKVK_WANT_LAST;
    request.owner = job_.owner.c_str();
    const auto sink = [self = shared_from_this(), input](const rwkvk_engine_event& event) {
        const std::lock_guard lock(self->mutex_);
        if (!self->over_) self->take(input, event);
    };
    requests_.push_back(loaded_.engine.submit(request, sink));
}

void Embedding::take(size_t input, const rwkvk_engine_event& event) {
    if (event.kind == RWKVK_EVENT_HIDDEN) pools_[input].add(event.hidden, event.hidden_count);
    if (event.kind != RWKVK_EVENT_DONE) return;
    if (event.end == RWKVK_DONE_FAILED) return fail(to_api_error(event.status, event.message));
    if (event.end == RWKVK_DONE_CANCELLED)
        return fail(unavailable("draining", "the server is being stopped"));
    all_.tokens += event.prompt_tokens;
    all_.seconds = std::max(all_.seconds, event.queued_seconds + event.prompt_seconds);
    if (--coming_ == 0) finish();
}

void Embedding::finish() {
    over_ = true;
    for (const app::Pool& pool : pools_) all_.vectors.push_back(pool.vector(false));
    client_->send(200, "application/json", to_text(job_.words(all_)));
}

void Embedding::fail(const ApiError& error) {
    over_ = true;
    cancel_all();
    client_->send(error.status, "application/json", to_text(error_at(job_.path, error)));
}

void Embedding::leave() {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(over_, true)) cancel_all();
}

void Embedding::cancel_all() {
    for (const uint64_t request : requests_) loaded_.engine.cancel(request);
}

}  // namespace rwkvk::server
