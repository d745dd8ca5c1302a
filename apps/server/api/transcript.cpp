#include "transcript.h"

#include <utility>

namespace rwkvk::server {
namespace {

double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void append(std::vector<ScoredToken>& all, const std::vector<ScoredToken>& more) {
    all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

std::optional<Said> Transcript::take(const rwkvk_engine_event& event) {
    switch (event.kind) {
        case RWKVK_EVENT_STARTED:
            begun_ = Clock::now();
            choice_.prompt_tokens = event.total;
            choice_.cached_tokens = event.done;
            return std::nullopt;
        case RWKVK_EVENT_PROGRESS:
            choice_.prompt_seconds = seconds_since(begun_);
            return std::nullopt;
        case RWKVK_EVENT_SCORE:
            choice_.prompt_scores.push_back(scored_token(event));
            return std::nullopt;
        case RWKVK_EVENT_PIECE:
            take_token(event);
            return take_text(event);
        case RWKVK_EVENT_DONE: {
            std::optional<Said> rest = take_text(event);
            take_end(event);
            return rest;
        }
    }
    return std::nullopt;
}

void Transcript::take_token(const rwkvk_engine_event& event) {
    if (choice_.tokens.empty()) {
        choice_.prompt_seconds = seconds_since(begun_);
        answering_ = Clock::now();
    }
    choice_.tokens.push_back(event.token);
    choice_.answer_tokens = choice_.tokens.size();
    choice_.answer_seconds = seconds_since(answering_);
    drawn_.push_back(event.token);
    untold_.add(scored_token(event), std::string(tokenizer_.text(event.token)));
}

std::optional<Said> Transcript::take_text(const rwkvk_engine_event& event) {
    if (event.text_bytes + event.reasoning_bytes == 0) return std::nullopt;
    Said said{.text = {event.text, event.text_bytes},
              .reasoning = {event.reasoning, event.reasoning_bytes},
              .tokens = std::exchange(drawn_, {}),
              .characters = characters_};
    characters_ += characters_of(said.text);
    said.reasoning_scores = untold_.take(said.reasoning);
    said.scores = untold_.take(said.text);
    choice_.text += said.text;
    choice_.reasoning += said.reasoning;
    choice_.reasoning_tokens += !said.reasoning.empty();
    append(choice_.scores, said.scores);
    append(choice_.reasoning_scores, said.reasoning_scores);
    return said;
}

void Transcript::take_end(const rwkvk_engine_event& event) {
    choice_.finish = event.end == RWKVK_DONE_LENGTH ? "length" : "stop";
    for (const std::string& stop : stops_) {
        if (event.end == RWKVK_DONE_STOP && untold_.text().find(stop) != std::string::npos)
            choice_.stopped_by = stop;
    }
    choice_.prompt_tokens = event.prompt_tokens;
    choice_.cached_tokens = event.cached_tokens;
    choice_.answer_tokens = event.answer_tokens;
    choice_.prompt_seconds = event.prompt_seconds;
    choice_.answer_seconds = event.answer_seconds;
}

}  // namespace rwkvk::server
