#include "dialect.h"

#include "fingerprint.h"

namespace rwkvk::server {

using nlohmann::json;

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

json own_words(const std::vector<std::vector<Token>>& prompts, const std::vector<Choice>& choices,
               size_t choices_per_prompt) {
    app::Fingerprint print;  // XXH3-64
    for (size_t i = 0; i < choices.size(); ++i) {
        if (i % choices_per_prompt == 0) print.add(prompts[i / choices_per_prompt]);
        print.add(choices[i].tokens);
    }
    return {{"seed", choices.front().seed}, {"fingerprint", print.hex()}};
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

json progress_of(const Choice& choice, size_t read) {
    return {{"total", choice.prompt_tokens},
            {"cache", choice.cached_tokens},
            {"processed", read},
            {"time_ms", 1000 * choice.prompt_seconds}};
}

}  // namespace rwkvk::server
