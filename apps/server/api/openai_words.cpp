#include "openai_words.h"

#include <ctime>
#include <random>

namespace rwkvk::server {

using nlohmann::json;

std::string random_id() {
    constexpr const char* digits = "0123456789abcdef";
    std::random_device device;
    std::string id;
    while (id.size() < 24) id += digits[device() % 16];
    return id;
}

OpenAiWords::OpenAiWords(const std::string& id_prefix, const std::string& object,
                         const std::string& piece_object, const Loaded& loaded, const Job& job)
    : tokenizer_(loaded.tokenizer),
      scored_(job.alternatives.has_value()),
      id_(id_prefix + random_id()),
      object_(object),
      piece_object_(piece_object),
      model_(loaded.names.front()),
      system_fingerprint_(loaded.system_fingerprint),
      created_(std::time(nullptr)),
      choices_(job.choices),
      include_usage_(job.include_usage),
      times_pieces_(job.times_pieces) {
    for (const JobPrompt& prompt : job.prompts) prompts_.push_back(prompt.tokens);
}

json OpenAiWords::head(const std::string& object) const {
    return {{"id", id_},
            {"object", object},
            {"created", created_},
            {"model", model_},
            {"system_fingerprint", system_fingerprint_}};
}

/// With where they are kept.
json OpenAiWords::words_of(const std::vector<Choice>& choices) const {
    json words = own_words(prompts_, choices, choices_);
    if (!kept_.is_null()) words.update(kept_);
    return words;
}

std::string OpenAiWords::finish_of(const Choice& choice) {
    return choice.calls_tools() ? "tool_calls" : choice.finish;
}

json OpenAiWords::message(size_t index, json choice, json finish) const {
    choice["index"] = index;
    choice["finish_reason"] = std::move(finish);
    json message = head(piece_object_);
    message["choices"] = json::array({std::move(choice)});
    return message;
}

json OpenAiWords::whole(const std::vector<Choice>& choices) {
    json answer = head(object_);
    json list = json::array();
    for (size_t i = 0; i < choices.size(); ++i) {
        json& choice = list.emplace_back(whole_choice(choices[i], i));
        choice["index"] = i;
        choice["finish_reason"] = finish_of(choices[i]);
    }
    answer["choices"] = std::move(list);
    answer["usage"] = usage_of(choices, choices_);
    answer["timings"] = timings_of(choices.front());
    answer["rwkvk"] = words_of(choices);
    return answer;
}

json OpenAiWords::opening(size_t choice, const Choice& so_far) {
    json words = opening_choice(so_far, choice);
    return words.is_null() ? words : message(choice, std::move(words));
}

json OpenAiWords::progress(size_t choice, const Choice& so_far, size_t read) {
    json report = message(choice, piece_choice({}, choice));
    report["prompt_progress"] = progress_of(so_far, read);
    return report;
}

json OpenAiWords::piece(size_t choice, const Choice& so_far, const Said& said) {
    json piece = message(choice, piece_choice(said, choice));
    if (times_pieces_) piece["timings"] = timings_of(so_far);
    return piece;
}

json OpenAiWords::closing(size_t choice, const Choice& all) {
    json last = message(choice, piece_choice({}, choice), finish_of(all));
    last["timings"] = timings_of(all);
    if (!kept_.is_null()) last["rwkvk"] = words_of({all});
    return last;
}

json OpenAiWords::end(const std::vector<Choice>& choices) {
    if (!include_usage_) return nullptr;
    json answer = head(piece_object_);
    answer["choices"] = json::array();
    answer["usage"] = usage_of(choices, choices_);
    answer["timings"] = timings_of(choices.front());
    answer["rwkvk"] = words_of(choices);
    return answer;
}

}  // namespace rwkvk::server
