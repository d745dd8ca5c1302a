#include "runtime/load/vocabulary/json_vocabulary.h"

#include <algorithm>
#include <utility>

#include "host/number_in.h"
#include "runtime/load/bytes.h"
#include "runtime/load/json.h"

namespace rwkvk::load {
namespace {

Error unsupported(const std::string& where, const std::string& problem) {
    return Error(Code::unsupported, concat(where, ": ", problem,
                                           ": give the vocabulary that came with the model, such as "
                                           "20B_tokenizer.json or rwkv_vocab_v20230424.txt"));
}

text::Token id_of(uint64_t id, const std::string& where) {
    if (id <= text::max_vocabulary_id) return static_cast<text::Token>(id);
    throw damaged(where, concat("id ", id, ", expected at most ", text::max_vocabulary_id));
}

std::string checked(std::string token, const std::string& where) {
    if (token.size() <= text::max_token_bytes) return token;
    throw damaged(where,
                  concat("a token of ", token.size(), " bytes, expected at most ", text::max_token_bytes));
}

text::Token id_of_key(const std::string& key, const std::string& where) {
    if (const auto id = number_in<uint64_t>(key)) return id_of(*id, where);
    throw damaged(where, concat("expected decimal ids as keys, as in {\"1\": \"text\"}, found ", quote(key),
                                ": is this a vocabulary?"));
}

/// A text, or an array of bytes.
std::string bytes_of(const JsonValue& value, const std::string& where) {
    if (value.kind() != JsonKind::array) return value.text();
    std::string bytes;
    for (const JsonValue item : value.items()) {
        const uint64_t byte = item.unsigned_integer();
        if (byte > 0xff)
            throw damaged(where, concat("byte ", item.at(), ": expected 0 to 255, found ", byte));
        bytes += static_cast<char>(byte);
    }
    return bytes;
}

/// An object's text member, or "".
std::string text_of(const JsonValue& object, std::string_view key) {
    const auto value = object.kind() == JsonKind::object ? object.find(key) : std::nullopt;
    return value && value->kind() == JsonKind::text ? value->text() : "";
}

bool is_true(const JsonValue& object, std::string_view key) {
    const auto value = object.find(key);
    return value && value->kind() == JsonKind::boolean && value->boolean();
}

/// Whether a member is there and says something: not null, not false, not 0, not an empty text.
bool is_set(const JsonValue& object, std::string_view key) {
    const auto value = object.find(key);
    if (!value || value->kind() == JsonKind::null) return false;
    if (value->kind() == JsonKind::boolean) return value->boolean();
    if (value->kind() == JsonKind::number)
        return std::visit([](auto number) { return number != 0; }, value->number());
    return value->kind() != JsonKind::text || !value->text().empty();
}

constexpr std::string_view qwen2_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

constexpr uint64_t most_gaps = 65536;
constexpr size_t usual_added_tokens = 1024;

class TokenizerReader {
  public:
    TokenizerReader(std::string_view text, const std::string& where)
        : where_(where), json_(text, where), model_(json_.root().member("model")) {
        check_model();
        rules_.nfc = read_normalizer();
        rules_.pattern = read_pattern();
        read_tokens();
        if (const auto added = json_.root().find("added_tokens"); added && added->kind() != JsonKind::null)
            read_added(*added);
        read_merges();
    }

    Vocabulary result() && {
        return {.tokens = std::move(tokens_), .unmatched = {}, .bpe = std::move(rules_)};
    }

  private:
    void check_model() const {
        const std::string type = text_of(model_, "type");
        if (type != "BPE" && !(type.empty() && model_.find("merges")))
            throw unsupported(where_, concat("a tokenizer of type ", quote(type), ", expected BPE"));
        for (const char* key : {"dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix",
                                "byte_fallback", "ignore_merges"}) {
            if (is_set(model_, key))
                throw unsupported(where_, concat("a BPE tokenizer with '", key, "', expected none"));
        }
    }

    bool read_normalizer() const {
        const auto normalizer = json_.root().find("normalizer");
        if (!normalizer || normalizer->kind() == JsonKind::null) return false;
        const std::string type = text_of(*normalizer, "type");
        if (type == "NFC") return true;
        throw unsupported(where_, concat("a normalizer of type ", quote(type), ", expected NFC or none"));
    }

    /// {ByteLevel}, or a sequence of {Split by a pattern} and {ByteLevel}.
    text::BpePattern read_pattern() const {
        const auto given = json_.root().find("pre_tokenizer");
        const std::string type = given ? text_of(*given, "type") : "";
        if (type == "ByteLevel" && !is_true(*given, "add_prefix_space") && splits(*given))
            return text::BpePattern::gpt2;
        if (type == "Sequence" && is_qwen2(given->member("pretokenizers"))) return text::BpePattern::qwen2;
        throw unsupported(where_, concat("a pre-tokenizer of type ", quote(type),
                                         ", expected ByteLevel without a prefix space, or Qwen2's pattern"));
    }

    static bool splits(const JsonValue& byte_level) {
        return !byte_level.find("use_regex") || is_true(byte_level, "use_regex");
    }

    static bool is_qwen2(const JsonValue& steps) {
        bool split = false, byte_level = false, other = false;
        for (const JsonValue step : steps.items()) {
            const std::string type = text_of(step, "type");
            if (type == "Split" && !split && !byte_level) {
                split = text_of(step.member("pattern"), "Regex") == qwen2_pattern;
                other |= !split || is_true(step, "invert") || text_of(step, "behavior") != "Isolated";
            } else if (type == "ByteLevel" && !byte_level) {
                byte_level = true;
                other |= is_true(step, "add_prefix_space") || splits(step);
            } else {
                other = true;
            }
        }
        return split && byte_level && !other;
    }

    void put(text::Token id, std::string bytes) {
        if (id >= tokens_.size()) tokens_.resize(id + size_t{1});
        if (!tokens_[id].empty()) throw damaged(where_, concat("two tokens have the id ", id));
        tokens_[id] = std::move(bytes);
        ++count_;
    }

    /// Room for all at once: growing would take three times as much. Ids without tokens take room too.
    void read_tokens() {
        const JsonValue vocab = model_.member("vocab");
        uint64_t count = 0, largest = 0;  // of what is to be put
        vocab.for_each_member([&](const JsonValue&, const JsonValue& id) {
            ++count;
            largest = std::max<uint64_t>(largest, id_of(id.unsigned_integer(), where_));
        });
        if (largest > count + most_gaps)
            throw damaged(where_,
                          concat("the largest id is ", largest, ", but there are ", count, " tokens"));
        tokens_.reserve(std::max<uint64_t>(largest + 1, count) + usual_added_tokens);
        tokens_.resize(largest + 1);
        vocab.for_each_member([&](const JsonValue& key, const JsonValue& id) {
            const std::string token = checked(key.text(), where_);
            auto bytes = text::bytes_of_byte_level(token);
            if (!bytes) throw damaged(where_, concat("token ", quote(token), " is not of byte-level BPE"));
            put(static_cast<text::Token>(id.unsigned_integer()), std::move(*bytes));
        });
        is_merged_.assign(tokens_.size(), true);
    }

    void read_added(const JsonValue& added) {
        for (const JsonValue token : added.items()) {
            const text::Token id = id_of(token.member("id").unsigned_integer(), where_);
            std::string content = checked(token.member("content").text(), where_);
            for (const char* key : {"single_word", "lstrip", "rstrip"}) {
                if (is_true(token, key))
                    throw unsupported(where_, concat("added token ", quote(content), " has '", key, "'"));
            }
            if (content == "<|endoftext|>") rules_.end_of_text = id;
            add(std::move(content), {id, is_true(token, "normalized"), is_true(token, "special")});
        }
    }

    void add(std::string content, const text::AddedToken& token) {
        const text::Token id = token.id;
        if (content.empty()) throw damaged(where_, concat("added token ", id, " has no text"));
        if (id > count_ + most_gaps)
            throw damaged(where_, concat("an added token has the id ", id, " behind ", count_, " tokens"));
        if (id < is_merged_.size() && !is_merged_[id])
            throw damaged(where_, concat("two added tokens have the id ", id));
        // The vocabulary may have it too.
        if (id >= tokens_.size() || tokens_[id] != content) put(id, std::move(content));
        is_merged_.resize(tokens_.size());
        is_merged_[id] = false;
        rules_.added.push_back(token);
    }

    void read_merges() {
        const text::TokensByBytes by_bytes(tokens_, is_merged_);
        const JsonValue merges = model_.member("merges");
        size_t count = 0;
        for ([[maybe_unused]] const JsonValue merge : merges.items()) ++count;
        rules_.merges.reserve(count);
        for (const JsonValue merge : merges.items()) {
            const auto found = merge.kind() == JsonKind::array ? merge_of_pair(merge, by_bytes)
                                                               : by_bytes.merge(merge.text());
            if (!found) {
                throw damaged(where_, concat("merge ", rules_.merges.size(),
                                             " is not of two tokens that make a third"));
            }
            rules_.merges.push_back(*found);
        }
    }

    static std::optional<text::BpeMerge> merge_of_pair(const JsonValue& pair,
                                                       const text::TokensByBytes& by_bytes) {
        std::vector<std::string> parts;
        for (const JsonValue part : pair.items()) {
            if (parts.size() == 2) return std::nullopt;
            parts.push_back(part.text());
        }
        return parts.size() == 2 ? by_bytes.merge(parts[0], parts[1]) : std::nullopt;
    }

    const std::string where_;
    const Json json_;
    const JsonValue model_;
    std::vector<std::string> tokens_;  // by id
    uint64_t count_ = 0;               // of those that have a text
    std::vector<bool> is_merged_;
    text::BpeRules rules_;
};

}  // namespace

bool is_tokenizer_json(std::string_view text, const std::string& where) {
    const Json json(text, where);
    return json.root().kind() == JsonKind::object && json.root().find("model").has_value();
}

Vocabulary read_tokenizer_json(std::string_view text, const std::string& where) {
    return TokenizerReader(text, where).result();
}

std::vector<text::VocabularyEntry> read_id_json(std::string_view text, const std::string& where) {
    const Json json(text, where);
    size_t count = 0;
    json.root().for_each_member([&](const JsonValue&, const JsonValue&) { ++count; });
    std::vector<text::VocabularyEntry> entries;
    entries.reserve(count);
    json.root().for_each_member([&](const JsonValue& key, const JsonValue& value) {
        const text::Token id = id_of_key(key.text(), where);
        std::string bytes = checked(bytes_of(value, where), where);
        if (!bytes.empty()) entries.push_back({id, std::move(bytes)});
    });
    if (entries.empty()) throw damaged(where, "no tokens; expected {\"1\": \"text\"}");
    return entries;
}

}  // namespace rwkvk::load
