#include "runtime/load/gguf_vocabulary.h"

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

std::vector<std::string> read_tokens(const GgufValue& list, const std::string& where) {
    if (list.count > max_vocabulary || list.bytes.size() > max_vocabulary_bytes) {
        throw damaged(where, concat(list.count, " tokens in ", list.bytes.size(), " bytes, expected at most ",
                                    max_vocabulary, " in ", max_vocabulary_bytes));
    }
    std::vector<std::string> tokens;
    tokens.reserve(list.count);
    ByteReader in(list.bytes, where);
    while (tokens.size() < list.count) {
        const std::string_view body = take_gguf_text(in, "token");
        auto token = gguf_unescaped(body);
        if (!token) {
            throw damaged(where, concat("token ", tokens.size(), " is ", quote(body),
                                        ", expected the body of a Python bytes literal"));
        }
        tokens.push_back(std::move(*token));
    }
    return tokens;
}

/// Id 0 ends a text, whatever the file says of it.
std::vector<uint32_t> unmatched_ids(const GgufValue* types, size_t tokens) {
    std::vector<uint32_t> ids;
    for (uint32_t id = 0; id < tokens; ++id) {
        int32_t type = gguf_token::normal;
        if (types) std::memcpy(&type, types->bytes.data() + id * sizeof type, sizeof type);
        if (id == 0 || type == gguf_token::control || type == gguf_token::unused) ids.push_back(id);
    }
    return ids;
}

}  // namespace

std::optional<Vocabulary> read_gguf_vocabulary(const GgufMetadata& metadata, const std::string& path) {
    if (metadata.text("tokenizer.ggml.model") != "rwkv") return std::nullopt;
    const auto tokens = metadata.texts("tokenizer.ggml.tokens");
    const auto types = metadata.integers("tokenizer.ggml.token_type");
    if (!tokens) throw damaged(path, "a tokenizer of the model 'rwkv' without 'tokenizer.ggml.tokens'");
    if (types && types->count != tokens->count) {
        throw damaged(path, concat(types->count, " token types for ", tokens->count, " tokens"));
    }
    Vocabulary vocabulary{.tokens = read_tokens(*tokens, path), .unmatched = {}};
    vocabulary.unmatched = unmatched_ids(types ? &*types : nullptr, vocabulary.tokens.size());
    vocabulary.chat_template = metadata.text("tokenizer.chat_template").value_or("");
    const auto eot = metadata.integer("tokenizer.ggml.eot_token_id");
    if (eot && *eot < vocabulary.tokens.size()) vocabulary.end_of_turn = static_cast<int64_t>(*eot);
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
