#include "openai_words.h"

#include <rwkvk_tools.h>

#include <ctime>
#include <new>
#include <random>

namespace rwkvk::server {

using nlohmann::json;

namespace {

/// XXH3-64 of ids, by which answers of several servers are compared.
class Fingerprint {
  public:
    Fingerprint() {
        if (rwkvk_hasher_create(&hasher_) != RWKVK_OK) throw std::bad_alloc();
    }
    ~Fingerprint() { rwkvk_hasher_destroy(hasher_); }
    Fingerprint(const Fingerprint&) = delete;
    Fingerprint& operator=(const Fingerprint&) = delete;

    void add(const std::vector<Token>& ids) {
        rwkvk_hasher_add(hasher_, ids.data(), ids.size() * sizeof(Token));
    }
    std::string hex() const {
        char digits[17];
        rwkvk_hasher_hex(hasher_, digits);
        return digits;
    }

  private:
    rwkvk_hasher* hasher_ = nullptr;
};

}  // namespace

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
    Fingerprint print;
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

json OpenAiWords::piece_with(json choice) const {
    json answer = head(piece_object_);
    answer["choices"] = json::array({std::move(choice)});
    return answer;
}

}  // namespace rwkvk::server
