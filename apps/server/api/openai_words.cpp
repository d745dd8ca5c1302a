#include "openai_words.h"

#include <ctime>
#include <random>

#include "fingerprint.h"

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
    : id_(id_prefix + random_id()),
      object_(object),
      piece_object_(piece_object),
      model_(loaded.names.front()),
      system_fingerprint_(loaded.system_fingerprint),
      created_(std::time(nullptr)),
      choices_(job.choices) {
    for (const JobPrompt& prompt : job.prompts) prompts_.push_back(prompt.tokens);
}

json OpenAiWords::head(const std::string& object) const {
    return {{"id", id_},
            {"object", object},
            {"created", created_},
            {"model", model_},
            {"system_fingerprint", system_fingerprint_}};
}

/// Seed and ids: by the same seed any server of this model gives this fingerprint.
json OpenAiWords::own_words(const std::vector<Choice>& choices) const {
    app::Fingerprint print;  // XXH3-64
    for (size_t i = 0; i < choices.size(); ++i) {
        if (i % choices_ == 0) print.add(prompts_[i / choices_]);
        print.add(choices[i].tokens);
    }
    return {{"seed", choices.front().seed}, {"fingerprint", print.hex()}};
}

json OpenAiWords::whole(const std::vector<Choice>& choices) const {
    json answer = head(object_);
    json list = json::array();
    for (size_t i = 0; i < choices.size(); ++i) list.push_back(whole_choice(i, choices[i]));
    answer["choices"] = std::move(list);
    answer["usage"] = usage_of(choices, choices_);
    answer["timings"] = timings_of(choices.front());
    answer["rwkvk"] = own_words(choices);
    return answer;
}

json OpenAiWords::usage(const std::vector<Choice>& choices) const {
    json answer = head(piece_object_);
    answer["choices"] = json::array();
    answer["usage"] = usage_of(choices, choices_);
    answer["rwkvk"] = own_words(choices);
    return answer;
}

json OpenAiWords::piece(size_t choice, const std::string& text, const std::string& reasoning) const {
    return piece_with(piece_choice(choice, text, reasoning));
}

json OpenAiWords::closing(size_t choice, const Choice& all) const {
    json last = piece_choice(choice, "", "");
    last["finish_reason"] = all.finish;
    json piece = piece_with(std::move(last));
    piece["timings"] = timings_of(all);
    return piece;
}

json OpenAiWords::piece_with(json choice) const {
    json answer = head(piece_object_);
    answer["choices"] = json::array({std::move(choice)});
    return answer;
}

}  // namespace rwkvk::server
