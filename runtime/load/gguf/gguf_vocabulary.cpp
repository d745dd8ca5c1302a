#include "runtime/load/gguf/gguf_vocabulary.h"

#include <cstring>

#include "runtime/load/limits.h"

namespace rwkvk::load {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

std::optional<char> unhex(std::string_view digits) {
    if (digits.size() != 2) return std::nullopt;
    const size_t high = hex_digits.find(digits[0]), low = hex_digits.find(digits[1]);
    if (high == hex_digits.npos || low == hex_digits.npos) return std::nullopt;
    return static_cast<char>(high << 4 | low);
}

char plain_escape(char letter) {
    return letter == 't' ? '\t' : letter == 'n' ? '\n' : letter == 'r' ? '\r' : letter;
}

/// An array of texts one after the other; errors call them `what`: "tokens".
class TextList {
  public:
    TextList(const GgufValue& list, const std::string& where, const char* what)
        : count_(list.count), in_(list.bytes, where) {
        if (count_ <= max_vocabulary && list.bytes.size() <= max_vocabulary_bytes) return;
        throw damaged(where, concat(count_, " ", what, " in ", list.bytes.size(), " bytes, expected at most ",
                                    max_vocabulary, " in ", max_vocabulary_bytes));
    }

    size_t size() const { return count_; }
    std::string_view take() { return take_gguf_text(in_, "token"); }

  private:
    size_t count_;
    ByteReader in_;
};

class VocabularyReader {
  public:
    VocabularyReader(const GgufMetadata& metadata, const std::string& path)
        : metadata_(metadata), path_(path), types_(metadata.integers("tokenizer.ggml.token_type")) {}

    Vocabulary read_world() const {
        Vocabulary vocabulary{.tokens = read_tokens(gguf_unescaped, "the body of a Python bytes literal"),
                              .unmatched = {}};
        // Id 0 ends a text, whatever the file says of it.
        for (uint32_t id = 0; id < vocabulary.tokens.size(); ++id) {
            const int32_t type = type_of(id);
            if (id == 0 || type == gguf_token::control || type == gguf_token::unused)
                vocabulary.unmatched.push_back(id);
        }
        return vocabulary;
    }

    /// Special tokens are in the text as they are written, the others in the alphabet of byte-level BPE.
    Vocabulary read_bpe() const {
        uint32_t id = 0;
        Vocabulary vocabulary{.tokens = read_tokens(
                                  [&](std::string_view written) -> std::optional<std::string> {
                                      const int32_t type = type_of(id++);
                                      if (is_added(type)) return std::string(written);
                                      return type == gguf_token::normal ? text::bytes_of_byte_level(written)
                                                                        : "";
                                  },
                                  "text of byte-level BPE"),
                              .unmatched = {}};
        text::BpeRules rules{.merges = {}, .added = {}, .pattern = text::BpePattern::qwen2};
        std::vector<bool> is_merged(vocabulary.tokens.size());
        for (id = 0; id < vocabulary.tokens.size(); ++id) {
            const int32_t type = type_of(id);
            is_merged[id] = !is_added(type);
            if (!is_merged[id])
                rules.added.push_back(
                    {.id = id, .normalized = false, .special = type == gguf_token::control});
        }
        rules.merges = read_merges(text::TokensByBytes(vocabulary.tokens, is_merged));
        if (const auto end = metadata_.id_hint("tokenizer.ggml.eos_token_id", vocabulary.tokens.size()))
            rules.end_of_text = *end;
        vocabulary.bpe = std::move(rules);
        return vocabulary;
    }

  private:
    static bool is_added(int32_t type) {
        return type == gguf_token::control || type == gguf_token::user_defined;
    }

    int32_t type_of(uint32_t id) const {
        int32_t type = gguf_token::normal;
        if (types_) std::memcpy(&type, types_->bytes.data() + id * sizeof type, sizeof type);
        return type;
    }

    TextList texts(const char* key, const char* what) const {
        const auto list = metadata_.texts(key);
        if (!list) throw damaged(path_, concat("a tokenizer without '", key, "'"));
        return {*list, path_, what};
    }

    /// bytes_of(written) gives the bytes of a token, or nothing for what is not `expected`.
    template <typename BytesOf>
    std::vector<std::string> read_tokens(BytesOf bytes_of, const char* expected) const {
        TextList list = texts("tokenizer.ggml.tokens", "tokens");
        if (types_ && types_->count != list.size())
            throw damaged(path_, concat(types_->count, " token types for ", list.size(), " tokens"));
        std::vector<std::string> tokens;
        tokens.reserve(list.size());
        while (tokens.size() < list.size()) {
            const std::string_view written = list.take();
            auto token = bytes_of(written);
            if (!token || token->size() > text::max_token_bytes) {
                throw damaged(path_, concat("token ", tokens.size(), " is ", quote(written), ", expected ",
                                            expected, " of at most ", text::max_token_bytes, " bytes"));
            }
            tokens.push_back(std::move(*token));
        }
        return tokens;
    }

    std::vector<text::BpeMerge> read_merges(const text::TokensByBytes& tokens) const {
        TextList list = texts("tokenizer.ggml.merges", "merges");
        std::vector<text::BpeMerge> merges;
        merges.reserve(list.size());
        while (merges.size() < list.size()) {
            const std::string_view written = list.take();
            const auto merge = tokens.merge(written);
            if (!merge) {
                throw damaged(path_, concat("merge ", merges.size(), " is ", quote(written),
                                            ", expected two tokens that make a third, and a space between"));
            }
            merges.push_back(*merge);
        }
        return merges;
    }

    const GgufMetadata& metadata_;
    const std::string& path_;
    const std::optional<GgufValue> types_;
};

}  // namespace

std::optional<Vocabulary> read_gguf_vocabulary(const GgufMetadata& metadata, const std::string& path) {
    const auto model = metadata.text_hint("tokenizer.ggml.model");
    const bool is_bpe = model == "gpt2" && metadata.text_hint("tokenizer.ggml.pre") == "qwen2";
    if (model != "rwkv" && !is_bpe) return std::nullopt;
    const VocabularyReader reader(metadata, path);
    Vocabulary vocabulary = is_bpe ? reader.read_bpe() : reader.read_world();
    vocabulary.chat_template = metadata.text_hint("tokenizer.chat_template").value_or("");
    if (const auto eot = metadata.id_hint("tokenizer.ggml.eot_token_id", vocabulary.tokens.size()))
        vocabulary.end_of_turn = *eot;
    return vocabulary;
}

std::string gguf_escaped(std::string_view bytes) {
    // Python's repr: in double quotes, where ' needs no escape, if there is a ' and no ".
    const bool quotes = bytes.find('\'') != bytes.npos && bytes.find('"') != bytes.npos;
    std::string body;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\t' || c == '\n' || c == '\r') {
            body += c == '\t' ? "\\t" : c == '\n' ? "\\n" : "\\r";
        } else if (c == '\\' || (c == '\'' && quotes)) {
            body += {'\\', c};
        } else if (byte >= ' ' && byte <= '~') {
            body += c;
        } else {
            body += {'\\', 'x', hex_digits[byte >> 4], hex_digits[byte & 15]};
        }
    }
    return body;
}

std::optional<std::string> gguf_unescaped(std::string_view body) {
    std::string bytes;
    for (size_t at = 0; at < body.size(); ++at) {
        if (body[at] != '\\') {
            bytes += body[at];
            continue;
        }
        if (++at == body.size()) return std::nullopt;
        if (body[at] != 'x') {
            bytes += plain_escape(body[at]);
            continue;
        }
        const auto byte = unhex(body.substr(at + 1, 2));
        if (!byte) return std::nullopt;
        bytes += *byte;
        at += 2;
    }
    return bytes;
}

}  // namespace rwkvk::load
