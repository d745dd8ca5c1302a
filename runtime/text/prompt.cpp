#include "runtime/text/prompt.h"

#include "host/error.h"

namespace rwkvk::text {

Prompt& Prompt::add_words(std::string_view words) {
    if (!words.empty()) words_.push_back({text_.size(), text_.size() + words.size()});
    return add_message(words);
}

Prompt& Prompt::add_message(std::string_view message) {
    text_ += message;
    return *this;
}

Prompt& Prompt::add(const Prompt& behind) {
    for (const Range& range : behind.words_)
        words_.push_back({text_.size() + range.begin, text_.size() + range.end});
    return add_message(behind.text_);
}

void Prompt::drop_last(size_t bytes) {
    if (bytes == 0) return;
    RWKVK_ASSERT(!words_.empty() && words_.back().end == text_.size() &&
                 words_.back().end - words_.back().begin >= bytes);
    text_.resize(text_.size() - bytes);
    words_.back().end -= bytes;
}

std::vector<Token> Prompt::encode(const Tokenizer& tokenizer) const {
    const std::string_view text = text_;
    std::vector<Token> ids;
    size_t done = 0;
    const auto encode_up_to = [&](size_t end) {
        const std::vector<Token> more = tokenizer.encode_as_text(text.substr(done, end - done));
        ids.insert(ids.end(), more.begin(), more.end());
    };
    for (const auto& [begin, end] : words_) {
        for (size_t at = begin; at < end;) {
            const auto special = tokenizer.special_token(text.substr(at, end - at));
            if (!special) {
                ++at;
                continue;
            }
            encode_up_to(at);
            ids.push_back(special->id);
            done = at += special->size_bytes;
        }
    }
    encode_up_to(text.size());
    return ids;
}

}  // namespace rwkvk::text
