#pragma once
// What both of OpenAI's dialects have around their choices.

#include <memory>

#include "dialect.h"
#include "job.h"

namespace rwkvk::server {

class OpenAiWords : public Dialect {
  public:
    /// `object` names whole answers, `piece_object` pieces.
    OpenAiWords(const std::string& id_prefix, const std::string& object, const std::string& piece_object,
                const Loaded& loaded, const Job& job);

    nlohmann::json whole(const std::vector<Choice>& choices) override;
    nlohmann::json opening(size_t choice, const Choice& so_far) override;
    nlohmann::json progress(size_t choice, const Choice& so_far, size_t read) override;
    nlohmann::json piece(size_t choice, const Choice& so_far, const Said& said) override;
    nlohmann::json closing(size_t choice, const Choice& all) override;
    nlohmann::json end(const std::vector<Choice>& choices) override;
    void kept(const nlohmann::json& words) override { kept_ = words; }

  protected:
    virtual nlohmann::json whole_choice(const Choice& choice, size_t index) const = 0;
    /// How it begins; null: with its first piece.
    virtual nlohmann::json opening_choice(const Choice& choice, size_t index) const = 0;
    virtual nlohmann::json piece_choice(const Said& said, size_t index) const = 0;

    const Tokenizer& tokenizer_;
    const bool scored_;

  private:
    static std::string finish_of(const Choice& choice);
    nlohmann::json head(const std::string& object) const;
    nlohmann::json words_of(const std::vector<Choice>& choices) const;
    nlohmann::json message(size_t index, nlohmann::json choice, nlohmann::json finish = nullptr) const;

    const std::string id_, object_, piece_object_, model_, system_fingerprint_;
    const int64_t created_;
    std::vector<std::vector<Token>> prompts_;
    const uint32_t choices_;
    nlohmann::json kept_;  // null: in no conversation
    const bool include_usage_, times_pieces_;
};

/// 24 random hex digits.
std::string random_id();

}  // namespace rwkvk::server
