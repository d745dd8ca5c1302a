#include "prompt_field.h"

#include <algorithm>

#include "api_error.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

constexpr size_t most_prompts = 64;

bool is_id(const json& value) { return value.is_number_integer(); }

class PromptReader {
  public:
    PromptReader(const Fields& fields, const Loaded& loaded, const char* name)
        : fields_(fields), loaded_(loaded), name_(name) {}

    std::vector<JobPrompt> read() const {
        const json* const given = fields_.find(name_);
        if (!given)
            throw bad_request(name_ + std::string(": expected a text, ids, or a list of them, found none"));
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
        fields_.refuse(name_, "a text that is not empty, ids, or a list of at most " +
                                  std::to_string(most_prompts) + " of them");
    }
    /// Of a text, of ids, or of both in turn.
    std::vector<Token> tokens_of(const json& prompt) const {
        std::vector<Token> tokens;
        if (prompt.is_array()) {
            for (const json& part : prompt) append(part, tokens);
        } else if (prompt.is_object()) {
            append(text_in(prompt), tokens);
        } else if (prompt.is_string()) {
            append(prompt, tokens);
        }
        if (tokens.empty()) refuse();
        return tokens;
    }
    json text_in(const json& prompt) const {
        const Fields fields(prompt, name_ + std::string("."));
        refuse_unknown_wishes(fields, {"multimodal_data"});
        return fields.text("prompt_string").value_or("");
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
    const char* const name_;
};

}  // namespace

std::vector<JobPrompt> read_prompts(const Fields& fields, const Loaded& loaded, const char* name) {
    return PromptReader(fields, loaded, name).read();
}

}  // namespace rwkvk::server
