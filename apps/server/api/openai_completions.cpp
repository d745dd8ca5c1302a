#include "api_error.h"
#include "openai.h"
#include "openai_words.h"
#include "prompt_field.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

constexpr int64_t usual_tokens = 16;  // where a request says no number, as OpenAI has it

/// {"tokens", "token_logprobs", "top_logprobs", "text_offset"}, as OpenAI had them before chats.
class OldScores {
  public:
    /// `characters`: of the text that stands before it.
    OldScores(const Tokenizer& tokenizer, size_t characters) : tokenizer_(tokenizer), offset_(characters) {}

    /// The first of a prompt, which nothing foretold.
    void add_first(Token token) { add(token, nullptr, nullptr); }
    void add(const std::vector<ScoredToken>& scores) {
        for (const ScoredToken& scored : scores) {
            json likeliest = json::object();
            for (const rwkvk_token_score& each : scored.likeliest)
                likeliest[token_name(tokenizer_, each.token)] = each.log_probability;
            if (!scored.likeliest.empty())  // OpenAI adds the token itself
                likeliest[token_name(tokenizer_, scored.token)] = scored.log_probability;
            add(scored.token, scored.log_probability, std::move(likeliest));
        }
    }
    json take() {
        return {{"tokens", std::move(tokens_)},
                {"token_logprobs", std::move(scores_)},
                {"top_logprobs", std::move(likeliest_)},
                {"text_offset", std::move(offsets_)}};
    }

  private:
    void add(Token token, json score, json likeliest) {
        tokens_.push_back(token_name(tokenizer_, token));
        scores_.push_back(std::move(score));
        likeliest_.push_back(std::move(likeliest));
        offsets_.push_back(offset_);
        offset_ += characters_of(tokenizer_.text(token));
    }

    const Tokenizer& tokenizer_;
    size_t offset_;
    json tokens_ = json::array(), scores_ = json::array(), likeliest_ = json::array(),
         offsets_ = json::array();
};

/// A prompt as it is said before its answers.
struct Echo {
    Token first;
    std::string text;
};

class CompletionDialect final : public OpenAiWords {
  public:
    CompletionDialect(const Loaded& loaded, const Job& job, std::vector<Echo> echoes)
        : OpenAiWords("cmpl-", "text_completion", "text_completion", loaded, job),
          choices_per_prompt_(job.choices),
          echoes_(std::move(echoes)) {}

  protected:
    json whole_choice(const Choice& choice, size_t index) const override {
        OldScores scores(tokenizer_, 0);
        const std::string prompt = say_prompt(choice, index, scores);
        scores.add(choice.scores);
        return words(prompt + choice.text, scores);
    }
    json opening_choice(const Choice& choice, size_t index) const override {
        if (echoes_.empty()) return nullptr;
        OldScores scores(tokenizer_, 0);
        const std::string prompt = say_prompt(choice, index, scores);
        return words(prompt, scores);
    }
    json piece_choice(const Said& said, size_t index) const override {
        const size_t prompt = echoes_.empty() ? 0 : characters_of(echo_of(index).text);
        OldScores scores(tokenizer_, prompt + said.characters);
        scores.add(said.scores);
        return words(said.text, scores);
    }

  private:
    const Echo& echo_of(size_t choice) const { return echoes_[choice / choices_per_prompt_]; }
    std::string say_prompt(const Choice& choice, size_t index, OldScores& scores) const {
        if (echoes_.empty()) return "";
        scores.add_first(echo_of(index).first);
        scores.add(choice.prompt_scores);
        return echo_of(index).text;
    }
    json words(const std::string& text, OldScores& scores) const {
        return {{"text", text}, {"logprobs", scored_ ? scores.take() : nullptr}};
    }

    const uint32_t choices_per_prompt_;
    const std::vector<Echo> echoes_;  // of each prompt; none: without
};

std::vector<Echo> echoes_of(const Job& job, const Tokenizer& tokenizer) {
    std::vector<Echo> echoes;
    for (const JobPrompt& prompt : job.prompts) {
        Echo& echo = echoes.emplace_back(Echo{prompt.tokens.front(), ""});
        for (const Token token : prompt.tokens) echo.text += tokenizer.text(token);
    }
    return echoes;
}

}  // namespace

Job read_completion_job(const json& body, const Loaded& loaded, const JobDefaults& defaults) {
    const Fields fields(body);
    refuse_unknown_wishes(fields, {"suffix"});
    if (fields.integer("best_of", 1, INT32_MAX).value_or(1) > fields.integer("n", 1, INT32_MAX).value_or(1))
        throw not_supported("best_of greater than n");
    Job job = read_job(fields, loaded.model.sampling(), loaded, defaults);
    const int64_t most = defaults.max_tokens;
    const int64_t limit = fields.integer("max_tokens", -1, UINT32_MAX).value_or(usual_tokens);
    job.max_tokens = static_cast<uint32_t>(limit < 0 ? most : std::min(limit, most));
    job.prompts = read_prompts(fields, loaded);
    if (const auto count = fields.integer("logprobs", 0, most_alternatives)) {
        job.alternatives = static_cast<uint32_t>(*count);
        job.scores_prompt = fields.boolean("echo").value_or(false);
    }
    return job;
}

std::unique_ptr<Dialect> completion_dialect(const json& body, const Loaded& loaded, const Job& job) {
    const bool echo = Fields(body).boolean("echo").value_or(false);
    return std::make_unique<CompletionDialect>(loaded, job,
                                               echo ? echoes_of(job, loaded.tokenizer) : std::vector<Echo>());
}

}  // namespace rwkvk::server
