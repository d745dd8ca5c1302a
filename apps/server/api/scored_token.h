#pragma once
// Tokens with what the model gave them, and which of them a text is made of.

#include <deque>
#include <nlohmann/json.hpp>
#include <rwkvk_engine.hpp>
#include <string>
#include <vector>

namespace rwkvk::server {

struct ScoredToken {
    Token token;
    float log_probability;
    std::vector<rwkvk_token_score> likeliest;  // where it stands, in falling order
};

ScoredToken scored_token(const rwkvk_engine_event& event);

/// Tokens whose text has not been told yet: it is held back where a stop could begin, or a character is not
/// whole; tags and leading blanks are never told.
class UntoldTokens {
  public:
    void add(ScoredToken token, std::string text);
    /// Those that `told` is made of, the next text that was told. What stands before it is dropped; all,
    /// where it is not found.
    std::vector<ScoredToken> take(std::string_view told);
    /// Of all that is left.
    const std::string& text() const { return text_; }

  private:
    struct Untold {
        ScoredToken token;
        size_t bytes;
    };
    std::deque<Untold> tokens_;
    std::string text_;
};

/// How many characters UTF-8 text has.
size_t characters_of(std::string_view text);

/// {"token", "logprob", "bytes", "id"}
nlohmann::json token_json(const Tokenizer& tokenizer, Token token, float log_probability);
/// The same with "top_logprobs", a list of the likeliest.
nlohmann::json score_json(const Tokenizer& tokenizer, const ScoredToken& scored);
nlohmann::json scores_json(const Tokenizer& tokenizer, const std::vector<ScoredToken>& scores);

bool is_utf8(const std::string& text);

/// What OpenAI's older dialect calls a token: its text, or "bytes:\xe4\xbd" where that is no UTF-8.
std::string token_name(const Tokenizer& tokenizer, Token token);

}  // namespace rwkvk::server
