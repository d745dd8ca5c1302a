#include "runtime/engine/sequence.h"

#include <algorithm>
#include <utility>

namespace rwkvk::engine {
namespace {

Score score_of(std::span<const float> logits, Token token, uint32_t alternatives) {
    const text::LogProbabilities given(logits);
    return {given.of(token), given.highest(alternatives)};
}

}  // namespace

const Error& no_memory() {
    static const Error error(Code::out_of_memory,
                             "no memory is left on the host: close other programs, or ask for less");
    return error;
}

Sequence::Sequence(Request asked, EventSink to)
    : request(std::move(asked)),
      sink(std::move(to)),
      tokens(std::move(request.prompt)),
      prompt_tokens(tokens.size()),
      text(request.stops, request.start) {}

std::unique_ptr<Sequence> Sequence::fork(uint64_t seed, EventSink to) const {
    Request rest = request;
    rest.prompt = tokens;
    rest.keep.clear();
    rest.scores_prompt = false;  // it has been told to whoever asked
    rest.limit -= static_cast<uint32_t>(drawn());
    text::SamplerParams params = rest.sampler.params();
    params.seed = seed;
    rest.sampler.set_params(params);
    auto made = std::make_unique<Sequence>(std::move(rest), std::move(to));
    made->text = text;  // what was held back belongs to both
    return made;
}

void Sequence::begin(size_t cached) {
    started = true;
    cached_tokens = cached;
    placed_at = watch.seconds();
    tell(Started{prompt_tokens, cached});
}

void Sequence::take_row(size_t position, std::span<const float> row) {
    if (tells_hidden()) {
        if (position > shown) tell(Hidden{position - 1, prompt_tokens, {row.begin(), row.end()}});
        shown = std::max(shown, position);  // and not again when it is read again
        return;
    }
    if (position == tokens.size()) logits.assign(row.begin(), row.end());
    if (!scores_prompt() || position != scored) return;
    const Token token = tokens[position];
    tell(PromptScore{position, prompt_tokens, token, score_of(row, token, request.alternatives.value_or(0))});
    ++scored;
}

void Sequence::was_fed(size_t rows) {
    fed += rows;
    alone = alone && left() > 0;
    const size_t before = std::exchange(read_tokens, std::max(read_tokens, std::min(fed, prompt_tokens)));
    if (read_tokens > before) tell(Progress{read_tokens, prompt_tokens});  // not of what is read again
}

void Sequence::lose() {
    lost = true;
    logits.clear();
}

void Sequence::fail(const Error& error) noexcept {
    failure = error;
    end = End::failed;
}

void Sequence::draw() noexcept {
    if (request.limit == 0) return;
    try {
        next = request.sampler.sample(logits);
        request.sampler.accept(*next);
        if (request.alternatives) next_score = score_of(logits, *next, *request.alternatives);
    } catch (const Error& error) {
        failure = error;
    } catch (const std::bad_alloc&) {
        failure = no_memory();
    }
}

void Sequence::take_drawn(const text::Tokenizer& tokenizer) {
    if (answered_at == 0) answered_at = watch.seconds();
    logits.clear();
    if (!next) {
        end = End::length;
        return;
    }
    const Token token = *std::exchange(next, std::nullopt);
    if (std::ranges::count(request.ends, token) > 0) {
        end = End::stop;
        return;
    }
    tokens.push_back(token);
    const AnswerText::Piece piece = text.push(tokenizer.decode(token));
    tell(Piece{token, piece.reasoning, piece.answer, std::exchange(next_score, std::nullopt)});
    if (text.stopped()) {
        end = End::stop;
    } else if (drawn() == request.limit) {
        end = End::length;
    }
}

void Sequence::tell_done() {
    const double now = watch.seconds();
    const double placed = started ? placed_at : now, answered = answered_at > 0 ? answered_at : now;
    const AnswerText::Piece rest = text.finish();
    if (text.stopped() && end == End::length) end = End::stop;  // what was held back was a stop string
    tell(Done{.end = *end,
              .reasoning = rest.reasoning,
              .answer = rest.answer,
              .code = failure ? failure->code() : Code::cancelled,
              .message = failure ? failure->what() : "",
              .prompt_tokens = prompt_tokens,
              .cached_tokens = cached_tokens,
              .tokens = drawn(),
              .queued_seconds = placed,
              .prompt_seconds = answered - placed,
              .answer_seconds = now - answered,
              .state = state});
    is_over = true;
}

}  // namespace rwkvk::engine
