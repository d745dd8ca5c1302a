#include "answer.h"

#include "api_error.h"

namespace rwkvk::server {

using nlohmann::json;

Answer::Answer(std::shared_ptr<Loaded> loaded, Job job, std::unique_ptr<const Dialect> dialect,
               std::shared_ptr<http::Responder> client, std::function<void(const std::string& finish)> count)
    : loaded_(std::move(loaded)),
      job_(std::move(job)),
      dialect_(std::move(dialect)),
      client_(std::move(client)),
      count_(std::move(count)),
      choices_(job_.prompts.size() * job_.choices),
      coming_(choices_.size()) {}

void Answer::begin() {
    {
        const std::lock_guard lock(mutex_);
        try {
            for (size_t prompt = 0; prompt < job_.prompts.size(); ++prompt)
                job_.choices == 1 ? ask_all_of(prompt) : read_prompt(prompt);
        } catch (const Error& error) {
            over_ = true;
            cancel_all();
            throw to_api_error(error.status(), error.what());
        }
        if (job_.stream) {
            client_->begin_stream(200, "text/event-stream",
                                  {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}});
            for (size_t choice = 0; choice < choices_.size(); ++choice) say(dialect_->opening(choice));
        }
    }
    client_->on_gone([self = weak_from_this()] {
        if (const auto answer = self.lock()) answer->leave();
    });
}

/// Where it has several answers: it is read once, and they begin with its state.
void Answer::read_prompt(size_t prompt) {
    const auto then = [self = shared_from_this(), prompt](const rwkvk_engine_event& event) {
        if (event.kind != RWKVK_EVENT_DONE) return;
        const std::lock_guard lock(self->mutex_);
        if (self->over_) return;
        if (event.status != RWKVK_OK) return self->fail(event.status, event.message);
        try {
            self->ask_all_of(prompt);
        } catch (const Error& error) {
            self->fail(error.status(), error.what());
        }
    };
    requests_.push_back(submit(prompt, 0, job_.sampling.sampler(loaded_->runtime, 0), then));
}

void Answer::ask_all_of(size_t prompt) {
    for (size_t i = 0; i < job_.choices; ++i) ask(prompt * job_.choices + i);
}

void Answer::ask(size_t choice) {
    choices_[choice].seed = job_.sampling.params.seed + choice;
    const Sampler sampler = job_.sampling.sampler(loaded_->runtime, choice);
    const auto sink = [self = shared_from_this(), choice](const rwkvk_engine_event& event) {
        const std::lock_guard lock(self->mutex_);
        if (!self->over_) self->take(choice, event);
    };
    requests_.push_back(submit(choice / job_.choices, job_.max_tokens, sampler, sink));
}

uint64_t Answer::submit(size_t prompt, uint32_t max_tokens, const Sampler& sampler, EventSink sink) {
    const JobPrompt& from = job_.prompts[prompt];
    std::vector<const char*> stops;
    for (const std::string& stop : job_.stops) stops.push_back(stop.c_str());
    const auto end_of_text = static_cast<Token>(loaded_->tokenizer.end_of_text());
    rwkvk_engine_request request = engine_request();
    if (from.conversation) {
        request.prompt = from.conversation->handle();
    } else {
        request.tokens = from.tokens.data();
        request.token_count = from.tokens.size();
        request.ends = &end_of_text;
        request.end_count = loaded_->tokenizer.end_of_text() >= 0;
    }
    request.sampler = sampler.handle();
    request.max_tokens = max_tokens;
    request.stops = stops.data();
    request.stop_count = stops.size();
    request.owner = request.domain = job_.owner.c_str();
    return loaded_->engine.submit(request, std::move(sink));
}

void Answer::take(size_t choice, const rwkvk_engine_event& event) {
    if (event.kind == RWKVK_EVENT_PIECE) choices_[choice].tokens.push_back(event.token);
    if (event.kind == RWKVK_EVENT_PIECE || event.kind == RWKVK_EVENT_DONE) take_text(choice, event);
    if (event.kind == RWKVK_EVENT_DONE) take_end(choice, event);
}

void Answer::take_text(size_t choice, const rwkvk_engine_event& event) {
    if (event.text_bytes + event.reasoning_bytes == 0) return;
    const std::string text(event.text, event.text_bytes), reasoning(event.reasoning, event.reasoning_bytes);
    choices_[choice].text += text;
    choices_[choice].reasoning += reasoning;
    choices_[choice].reasoning_tokens += !reasoning.empty();
    if (job_.stream) say(dialect_->piece(choice, text, reasoning));
}

void Answer::take_end(size_t choice, const rwkvk_engine_event& event) {
    if (event.end == RWKVK_DONE_FAILED) return fail(event.status, event.message);
    if (event.end == RWKVK_DONE_CANCELLED) return fail(RWKVK_CANCELLED, "the server is being stopped");
    Choice& done = choices_[choice];
    done.finish = event.end == RWKVK_DONE_LENGTH ? "length" : "stop";
    done.prompt_tokens = event.prompt_tokens;
    done.cached_tokens = event.cached_tokens;
    done.answer_tokens = event.answer_tokens;
    done.prompt_seconds = event.prompt_seconds;
    done.answer_seconds = event.answer_seconds;
    count_(done.finish);
    if (job_.stream) say(dialect_->closing(choice, done));
    if (--coming_ == 0) finish();
}

void Answer::say(const json& message) {
    if (!message.is_null()) client_->write("data: " + to_text(message) + "\n\n");
}

void Answer::finish() {
    over_ = true;
    if (!job_.stream) return client_->send(200, "application/json", to_text(dialect_->whole(choices_)));
    if (job_.include_usage) say(dialect_->usage(choices_));
    client_->write("data: [DONE]\n\n");
    client_->end();
}

/// With what has begun to be said, the reason is the last of it.
void Answer::fail(rwkvk_status status, const std::string& message) {
    over_ = true;
    count_("failed");
    cancel_all();
    const ApiError error =
        status == RWKVK_CANCELLED ? unavailable("draining", message) : to_api_error(status, message);
    if (!job_.stream) return client_->send(error.status, "application/json", to_text(to_json(error)));
    say(to_json(error));
    client_->end();
}

void Answer::leave() {
    const std::lock_guard lock(mutex_);
    if (std::exchange(over_, true)) return;
    count_("gone");
    cancel_all();
}

void Answer::cancel_all() {
    for (const uint64_t request : requests_) loaded_->engine.cancel(request);
}

json usage_of(const std::vector<Choice>& choices, size_t choices_per_prompt) {
    uint64_t prompt = 0, cached = 0, answer = 0, reasoning = 0;
    for (size_t i = 0; i < choices.size(); ++i) {
        if (i % choices_per_prompt == 0) {
            prompt += choices[i].prompt_tokens;
            cached += choices_per_prompt == 1 ? choices[i].cached_tokens : 0;
        }
        answer += choices[i].answer_tokens;
        reasoning += choices[i].reasoning_tokens;
    }
    return {{"prompt_tokens", prompt},
            {"completion_tokens", answer},
            {"total_tokens", prompt + answer},
            {"prompt_tokens_details", {{"cached_tokens", cached}}},
            {"completion_tokens_details", {{"reasoning_tokens", reasoning}}}};
}

json timings_of(const Choice& choice) {
    const auto rate = [](uint64_t tokens, double seconds) {
        return seconds > 0 ? static_cast<double>(tokens) / seconds : 0.0;
    };
    const uint64_t read = choice.prompt_tokens - choice.cached_tokens;
    return {{"cache_n", choice.cached_tokens},
            {"prompt_n", read},
            {"prompt_ms", 1000 * choice.prompt_seconds},
            {"prompt_per_second", rate(read, choice.prompt_seconds)},
            {"predicted_n", choice.answer_tokens},
            {"predicted_ms", 1000 * choice.answer_seconds},
            {"predicted_per_second", rate(choice.answer_tokens, choice.answer_seconds)}};
}

}  // namespace rwkvk::server
