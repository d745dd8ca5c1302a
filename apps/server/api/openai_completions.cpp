#include "api_error.h"
#include "openai.h"
#include "openai_words.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

constexpr size_t most_prompts = 64;
constexpr int64_t usual_tokens = 16;  // where a request says no number, as OpenAI has it

bool is_id(const json& value) { return value.is_number_integer(); }

class PromptReader {
  public:
    PromptReader(const Fields& fields, const Loaded& loaded) : fields_(fields), loaded_(loaded) {}

    std::vector<JobPrompt> read() const {
        const json* const given = fields_.find("prompt");
        if (!given) throw bad_request("prompt: expected a text, ids, or a list of them, found none");
        const bool several =
            given->is_array() && !given->empty() && std::none_of(given->begin(), given->end(), is_id);
        if (several && given->size() > most_prompts) refuse();
        std::vector<JobPrompt> prompts;
        for (const json& one : several ? *given : json::array({*given}))
            prompts.push_back({{}, tokens_of(one)});
        return prompts;
    }

  private:
    [[noreturn]] void refuse() const {
        fields_.refuse("prompt", "a text that is not empty, ids, or a list of at most " +
                                     std::to_string(most_prompts) + " of them");
    }
    /// Of a text, of ids, or of both in turn.
    std::vector<Token> tokens_of(const json& prompt) const {
        std::vector<Token> tokens;
        if (prompt.is_string()) {
            tokens = loaded_.tokenizer.encode(prompt.get<std::string>());
        } else if (prompt.is_array()) {
            for (const json& part : prompt) append(part, tokens);
        }
        if (tokens.empty()) refuse();
        return tokens;
    }
    void append(const json& part, std::vector<Token>& tokens) const {
        if (part.is_string()) {
            const std::vector<Token> more = loaded_.tokenizer.encode(part.get<std::string>());
            tokens.insert(tokens.end(), more.begin(), more.end());
        } else if (is_id(part) && part >= 0 && part <= UINT32_MAX) {
            tokens.push_back(part.get<Token>());
        } else {
            refuse();
        }
    }

    const Fields& fields_;
    const Loaded& loaded_;
};

class CompletionDialect final : public OpenAiWords {
  public:
    CompletionDialect(const Loaded& loaded, const Job& job, std::vector<std::string> echoes)
        : OpenAiWords("cmpl-", "text_completion", "text_completion", loaded, job),
          choices_per_prompt_(job.choices),
          echoes_(std::move(echoes)) {}

    json opening(size_t choice) const override {
        return echoes_.empty() ? json() : piece_with(words(choice, echo_of(choice)));
    }

  protected:
    json whole_choice(size_t index, const Choice& choice) const override {
        json whole = words(index, echo_of(index) + choice.reasoning + choice.text);
        whole["finish_reason"] = choice.finish;
        return whole;
    }
    json piece_choice(size_t index, const std::string& text, const std::string& reasoning) const override {
        return words(index, reasoning + text);
    }

  private:
    std::string echo_of(size_t choice) const {
        return echoes_.empty() ? "" : echoes_[choice / choices_per_prompt_];
    }
    static json words(size_t choice, const std::string& text) {
        return {{"index", choice}, {"text", text}, {"logprobs", nullptr}, {"finish_reason", nullptr}};
    }

    const uint32_t choices_per_prompt_;
    const std::vector<std::string> echoes_;  // of each prompt; none: without
};

/// The prompts as text.
std::vector<std::string> texts_of(const Job& job, const Tokenizer& tokenizer) {
    std::vector<std::string> texts;
    for (const JobPrompt& prompt : job.prompts) {
        std::string& text = texts.emplace_back();
        for (const Token token : prompt.tokens) text += tokenizer.text(token);
    }
    return texts;
}

}  // namespace

Job read_completion_job(const json& body, const Loaded& loaded, const JobDefaults& defaults) {
    const Fields fields(body);
    refuse_unknown_wishes(fields, {"suffix", "logprobs"});
    if (fields.integer("best_of", 1, INT32_MAX).value_or(1) > fields.integer("n", 1, INT32_MAX).value_or(1))
        throw not_supported("best_of greater than n");
    Job job = read_job(fields, loaded.model.sampling(), loaded);
    const int64_t most = defaults.max_tokens;
    const int64_t limit = fields.integer("max_tokens", -1, UINT32_MAX).value_or(usual_tokens);
    job.max_tokens = static_cast<uint32_t>(limit < 0 ? most : std::min(limit, most));
    job.prompts = PromptReader(fields, loaded).read();
    return job;
}

std::unique_ptr<const Dialect> completion_dialect(const json& body, const Loaded& loaded, const Job& job) {
    const bool echo = Fields(body).boolean("echo").value_or(false);
    return std::make_unique<CompletionDialect>(
        loaded, job, echo ? texts_of(job, loaded.tokenizer) : std::vector<std::string>());
}

}  // namespace rwkvk::server
