#include "answer.h"

#include "api_error.h"

namespace rwkvk::server {

using nlohmann::json;

Answer::Answer(Loaded& loaded, Job job, std::unique_ptr<Dialect> dialect,
               std::shared_ptr<http::Responder> client, CountEnd count)
    : loaded_(loaded),
      job_(std::move(job)),
      dialect_(std::move(dialect)),
      client_(std::move(client)),
      count_(std::move(count)),
      opened_(job_.prompts.size() * job_.choices),
      coming_(opened_.size()) {
    while (transcripts_.size() < coming_) transcripts_.emplace_back(loaded_, job_);
}

void Answer::begin() {
    {
        const std::lock_guard lock(mutex_);
        try {
            for (size_t prompt = 0; prompt < job_.prompts.size(); ++prompt)
                job_.choices == 1 ? ask_all_of(prompt) : read_prompt(prompt);
        } catch (const Error& error) {
            over_ = true;
            cancel_all("failed");
            throw to_api_error(error.status(), error.what());
        }
        if (job_.stream) {
            client_->begin_stream(200, dialect_->stream_type(),
                                  {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}});
            // What begins with the scores of its prompt waits for them.
            for (size_t choice = 0; choice < transcripts_.size() && !job_.scores_prompt; ++choice)
                open(choice);
        }
    }
    client_->on_gone([self = weak_from_this()] {
        if (const auto answer = self.lock()) answer->leave();
    });
}

/// Where it has several answers: it is read once, and they begin with its state.
void Answer::read_prompt(size_t prompt) {
    const auto sink = [self = shared_from_this(), prompt](const rwkvk_engine_event& event) {
        const std::lock_guard lock(self->mutex_);
        if (!self->over_) self->take_prompt(prompt, event);
    };
    const Sampler any = job_.sampling.sampler(loaded_.runtime, 0);
    requests_.push_back(submit(prompt, wishes(true, false), any, sink));
}

void Answer::take_prompt(size_t prompt, const rwkvk_engine_event& event) {
    const size_t first = prompt * job_.choices;
    if (event.kind != RWKVK_EVENT_DONE) {
        for (size_t i = 0; i < job_.choices; ++i) transcripts_[first + i].take(event);
        return report_progress(first, event);
    }
    if (event.status != RWKVK_OK) return fail(event.status, event.message);
    try {
        ask_all_of(prompt);
    } catch (const Error& error) {
        fail(error.status(), error.what());
    }
}

void Answer::ask_all_of(size_t prompt) {
    for (size_t i = 0; i < job_.choices; ++i) ask(prompt * job_.choices + i);
}

void Answer::ask(size_t choice) {
    transcripts_[choice].set_seed(job_.sampling.params.seed + choice);
    const Sampler sampler = job_.sampling.sampler(loaded_.runtime, choice);
    const auto sink = [self = shared_from_this(), choice](const rwkvk_engine_event& event) {
        const std::lock_guard lock(self->mutex_);
        if (!self->over_) self->take(choice, event);
    };
    requests_.push_back(submit(choice / job_.choices, wishes(job_.choices == 1, true), sampler, sink));
}

rwkvk_engine_request Answer::wishes(bool reads_prompt, bool answers) const {
    rwkvk_engine_request request = engine_request();
    request.max_tokens = answers ? job_.max_tokens : 0;
    request.wants_scores = job_.alternatives.has_value();
    request.wants_prompt_scores = reads_prompt && job_.scores_prompt;
    request.alternatives = job_.alternatives.value_or(0);
    return request;
}

uint64_t Answer::submit(size_t prompt, const rwkvk_engine_request& wishes, const Sampler& sampler,
                        EventSink sink) {
    const JobPrompt& from = job_.prompts[prompt];
    std::vector<const char*> stops;
    for (const std::string& stop : job_.stops) stops.push_back(stop.c_str());
    const auto end_of_text = static_cast<Token>(loaded_.tokenizer.end_of_text());
    rwkvk_engine_request request = wishes;
    if (from.conversation) {
        request.prompt = from.conversation->handle();
    } else {
        request.tokens = from.tokens.data();
        request.token_count = from.tokens.size();
        request.ends = &end_of_text;
        request.end_count = loaded_.tokenizer.end_of_text() >= 0;
    }
    request.sampler = sampler.handle();
    request.stops = stops.data();
    request.stop_count = stops.size();
    request.owner = request.domain = job_.owner.c_str();
    return loaded_.engine.submit(request, std::move(sink));
}

void Answer::take(size_t choice, const rwkvk_engine_event& event) {
    Transcript& transcript = transcripts_[choice];
    const std::optional<Said> said = transcript.take(event);
    if (job_.choices == 1) report_progress(choice, event);
    const bool answers = event.kind == RWKVK_EVENT_PIECE || event.kind == RWKVK_EVENT_DONE;
    if (job_.stream && answers) open(choice);
    if (job_.stream && said) say(dialect_->piece(choice, transcript.choice(), *said));
    if (event.kind == RWKVK_EVENT_DONE) take_end(choice, event);
}

void Answer::take_end(size_t choice, const rwkvk_engine_event& event) {
    if (event.end == RWKVK_DONE_FAILED) return fail(event.status, event.message);
    if (event.end == RWKVK_DONE_CANCELLED) return fail(RWKVK_CANCELLED, "the server is being stopped");
    const Choice& done = transcripts_[choice].choice();
    count_(done.finish, done);
    if (job_.stream && !job_.keep) say(dialect_->closing(choice, done));
    if (--coming_ == 0) finish();
}

void Answer::report_progress(size_t choice, const rwkvk_engine_event& event) {
    if (!job_.stream || !job_.reports_progress) return;
    if (event.kind == RWKVK_EVENT_STARTED || event.kind == RWKVK_EVENT_PROGRESS)
        say(dialect_->progress(choice, transcripts_[choice].choice(), event.done));
}

void Answer::open(size_t choice) {
    if (opened_[choice]) return;
    opened_[choice] = true;
    say(dialect_->opening(choice, transcripts_[choice].choice()));
}

void Answer::say(const json& message) {
    if (message.is_null()) return;
    std::string text;
    for (const json& each : message.is_array() ? message : json::array({message}))
        text += dialect_->framed(each);
    client_->write(std::move(text));
}

void Answer::finish() {
    over_ = true;
    if (!job_.keep) return tell_end();
    job_.keep(transcripts_.front().choice(), [self = shared_from_this()](const json& kept) {
        const std::lock_guard lock(self->mutex_);
        self->dialect_->kept(kept);
        if (self->job_.stream) self->say(self->dialect_->closing(0, self->transcripts_.front().choice()));
        self->tell_end();
    });
}

void Answer::tell_end() {
    if (!job_.stream) return client_->send(200, "application/json", to_text(dialect_->whole(choices())));
    say(dialect_->end(choices()));
    if (std::string words = dialect_->last_words(); !words.empty()) client_->write(std::move(words));
    client_->end();
}

std::vector<Choice> Answer::choices() const {
    std::vector<Choice> all;
    for (const Transcript& transcript : transcripts_) all.push_back(transcript.choice());
    return all;
}

/// With what has begun to be said, the reason is the last of it.
void Answer::fail(rwkvk_status status, const std::string& message) {
    over_ = true;
    if (status == RWKVK_CANCELLED) keep_cancelled();
    cancel_all("failed");
    const ApiError error =
        status == RWKVK_CANCELLED ? unavailable("draining", message) : to_api_error(status, message);
    if (!job_.stream) return client_->send(error.status, "application/json", to_text(dialect_->error(error)));
    say(dialect_->error(error));
    client_->end();
}

void Answer::leave() {
    const std::lock_guard lock(mutex_);
    if (std::exchange(over_, true)) return;
    keep_cancelled();
    cancel_all("gone");
}

/// As far as it has come.
void Answer::keep_cancelled() {
    if (!job_.keep) return;
    Choice so_far = transcripts_.front().choice();
    so_far.finish = "cancelled";
    job_.keep(so_far, nullptr);
}

/// What is not at its end yet.
void Answer::cancel_all(const std::string& why) {
    for (const uint64_t request : requests_) loaded_.engine.cancel(request);
    for (const Transcript& transcript : transcripts_)
        if (transcript.choice().finish.empty()) count_(why, transcript.choice());
}

}  // namespace rwkvk::server
