#include "transcript.h"

#include <algorithm>
#include <iterator>
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

Transcript::Transcript(const Loaded& loaded, const Job& job)
    : tokenizer_(loaded.tokenizer), stops_(job.stops) {
    if (job.reads_calls) calls_.emplace(loaded.runtime);
}

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
    const bool is_last = event.kind == RWKVK_EVENT_DONE;
    if (event.text_bytes + event.reasoning_bytes == 0 && !(calls_ && is_last)) return std::nullopt;
    Said said{.text = {event.text, event.text_bytes},
              .reasoning = {event.reasoning, event.reasoning_bytes},
              .tokens = std::exchange(drawn_, {}),
              .characters = characters_};
    said.reasoning_scores = untold_.take(said.reasoning);
    said.scores = untold_.take(said.text);
    append(choice_.scores, said.scores);
    append(choice_.reasoning_scores, said.reasoning_scores);
    choice_.reasoning_tokens += !said.reasoning.empty();
    if (calls_ && !tell_calls(said, is_last)) return std::nullopt;
    characters_ += characters_of(said.text);
    choice_.text += said.text;
    choice_.reasoning += said.reasoning;
    return said;
}

bool Transcript::tell_calls(Said& said, bool is_last) {
    CallReader::Read read = calls_->take(said.text);
    said.text = std::move(read.text);
    if (is_last) {
        CallReader::Read rest = calls_->finish();
        said.text += rest.text;
        std::ranges::move(rest.calls, std::back_inserter(read.calls));
    }
    said.calls_before = choice_.calls.size();
    for (ToolCall& call : read.calls) said.calls.push_back({new_call_id(), std::move(call)});
    choice_.calls.insert(choice_.calls.end(), said.calls.begin(), said.calls.end());
    said.scores.insert(said.scores.begin(), held_scores_.begin(), held_scores_.end());
    held_scores_.clear();
    if (!said.text.empty() || !said.reasoning.empty() || !said.calls.empty()) return true;
    held_scores_ = std::move(said.scores);
    drawn_ = std::move(said.tokens);
    return false;
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
    choice_.queued_seconds = event.queued_seconds;
    choice_.prompt_seconds = event.prompt_seconds;
    choice_.answer_seconds = event.answer_seconds;
}

}  // namespace rwkvk::server
