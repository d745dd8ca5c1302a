#pragma once
// What both of OpenAI's dialects have around their choices.

#include <memory>

#include "answer.h"

namespace rwkvk::server {

class OpenAiWords : public Dialect {
  public:
    /// `object` names whole answers, `piece_object` pieces.
    OpenAiWords(const std::string& id_prefix, const std::string& object, const std::string& piece_object,
                const Loaded& loaded, const Job& job);

    nlohmann::json whole(const std::vector<Choice>& choices) const override;
    nlohmann::json piece(size_t choice, const std::string& text, const std::string& reasoning) const override;
    nlohmann::json closing(size_t choice, const Choice& all) const override;
    nlohmann::json usage(const std::vector<Choice>& choices) const override;

  protected:
    virtual nlohmann::json whole_choice(size_t index, const Choice& choice) const = 0;
    /// Without an end.
    virtual nlohmann::json piece_choice(size_t index, const std::string& text,
                                        const std::string& reasoning) const = 0;
    /// A piece with this one choice.
    nlohmann::json piece_with(nlohmann::json choice) const;

  private:
    nlohmann::json head(const std::string& object) const;
    nlohmann::json own_words(const std::vector<Choice>& choices) const;

    const std::string id_, object_, piece_object_, model_, system_fingerprint_;
    const int64_t created_;
    std::vector<std::vector<Token>> prompts_;
    const uint32_t choices_;
};

/// 24 random hex digits.
std::string random_id();

}  // namespace rwkvk::server
