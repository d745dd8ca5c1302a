#include "scored_token.h"

#include <algorithm>

namespace rwkvk::server {

using nlohmann::json;

ScoredToken scored_token(const rwkvk_engine_event& event) {
    return {event.token,
            event.log_probability,
            {event.alternatives, event.alternatives + event.alternative_count}};
}

void UntoldTokens::add(ScoredToken token, std::string text) {
    tokens_.push_back({std::move(token), text.size()});
    text_ += text;
}

std::vector<ScoredToken> UntoldTokens::take(std::string_view told) {
    std::vector<ScoredToken> taken;
    if (told.empty()) return taken;
    const size_t begin = text_.find(told);
    if (begin ==
        text_.npos) {  // bytes that are no UTF-8 are told as another character: what comes is found again
        tokens_.clear();
        text_.clear();
        return taken;
    }
    size_t at = 0;
    while (!tokens_.empty() && at + tokens_.front().bytes <= begin + told.size()) {
        at += tokens_.front().bytes;
        if (at > begin) taken.push_back(std::move(tokens_.front().token));
        tokens_.pop_front();
    }
    text_.erase(0, at);
    return taken;
}

size_t characters_of(std::string_view text) {
    return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

json token_json(const Tokenizer& tokenizer, Token token, float log_probability) {
    const std::string text(tokenizer.text(token));
    json bytes = json::array();
    for (const char c : text) bytes.push_back(static_cast<unsigned char>(c));
    return {{"id", token}, {"token", text}, {"logprob", log_probability}, {"bytes", bytes}};
}

json score_json(const Tokenizer& tokenizer, const ScoredToken& scored) {
    json whole = token_json(tokenizer, scored.token, scored.log_probability);
    whole["top_logprobs"] = json::array();
    for (const rwkvk_token_score& each : scored.likeliest)
        whole["top_logprobs"].push_back(token_json(tokenizer, each.token, each.log_probability));
    return whole;
}

json scores_json(const Tokenizer& tokenizer, const std::vector<ScoredToken>& scores) {
    json list = json::array();
    for (const ScoredToken& scored : scores) list.push_back(score_json(tokenizer, scored));
    return list;
}

bool is_utf8(const std::string& text) {
    try {
        (void)json(text).dump();
        return true;
    } catch (const json::exception&) {
        return false;
    }
}

std::string token_name(const Tokenizer& tokenizer, Token token) {
    const std::string text(tokenizer.text(token));
    if (is_utf8(text)) return text;
    std::string name = "bytes:";
    for (const char c : text) {
        constexpr const char* digits = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(c);
        name += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
    return name;
}

}  // namespace rwkvk::server
