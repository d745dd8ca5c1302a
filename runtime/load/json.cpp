#include "runtime/load/json.h"

#include <algorithm>
#include <vector>

#include "host/number_in.h"
#include "runtime/load/bytes.h"

namespace rwkvk::load {

const char* name_of(JsonKind kind) {
    constexpr const char* names[] = {"null",     "true or false", "a number",
                                     "a string", "an array",      "an object"};
    return names[static_cast<size_t>(kind)];
}

const JsonNode& JsonValue::node() const { return document_->nodes_[index_]; }

JsonKind JsonValue::kind() const { return static_cast<JsonKind>(node().kind); }

size_t JsonValue::at() const { return node().at; }

std::string_view JsonValue::written() const {
    const size_t quote = kind() == JsonKind::text ? 1 : 0;
    return document_->source_.text.substr(at() + quote, node().extent);
}

void JsonValue::expect(JsonKind wanted) const {
    if (kind() == wanted) return;
    throw damaged(document_->source_.where,
                  concat("expected ", name_of(wanted), " at byte ", at(), ", found ", name_of(kind())));
}

uint32_t JsonValue::next() const {
    const bool container = kind() == JsonKind::array || kind() == JsonKind::object;
    return container ? node().extent : index_ + 1;
}

bool JsonValue::boolean() const {
    expect(JsonKind::boolean);
    return written() == "true";
}

JsonNumber JsonValue::number() const {
    expect(JsonKind::number);
    return json_number(written());
}

uint64_t JsonValue::unsigned_integer() const {
    const JsonNumber value = number();
    if (const auto* integer = std::get_if<uint64_t>(&value)) return *integer;
    document_->source_.fail(at(), "a whole number from 0 to 18446744073709551615");
}

float JsonValue::real() const {
    expect(JsonKind::number);
    if (const auto value = number_in<float>(written())) return *value;
    document_->source_.fail(at(), "a number in float's range");
}

std::string JsonValue::text() const {
    expect(JsonKind::text);
    if (!node().escaped) return std::string(written());
    std::string text;
    JsonStringBytes bytes = this->bytes();
    for (int byte = bytes.next(); byte >= 0; byte = bytes.next()) text += static_cast<char>(byte);
    return text;
}

JsonStringBytes JsonValue::bytes() const { return {document_->source_, at() + 1, node().extent}; }

bool JsonValue::is_before(const JsonValue& other) const {
    if (!node().escaped && !other.node().escaped) return written() < other.written();
    JsonStringBytes mine = bytes(), theirs = other.bytes();
    while (true) {
        const int a = mine.next(), b = theirs.next();
        if (a != b || a < 0) return a < b;
    }
}

JsonValue::Items JsonValue::items() const {
    expect(JsonKind::array);
    return {*document_, index_ + 1, next()};
}

std::optional<JsonValue> JsonValue::find(std::string_view wanted) const {
    std::optional<JsonValue> found;
    for_each_member([&](const JsonValue& key, const JsonValue& value) {
        if (key.text() == wanted) found = value;
    });
    return found;
}

JsonValue JsonValue::member(std::string_view key) const {
    if (const auto found = find(key)) return *found;
    throw damaged(document_->source_.where,
                  concat("expected the key ", quote(key), " in the object at byte ", at(), ", found none"));
}

/// Fills a document. Containers that are still open are kept in a list, so that nesting costs no stack.
class JsonParser {
  public:
    JsonParser(Json& document, size_t max_values, size_t max_depth)
        : document_(document), source_(document.source_), max_values_(max_values), max_depth_(max_depth) {}

    void parse() {
        do {
            read_value();
            while (!open_.empty() && !expects_value_) finish_value();
        } while (!open_.empty());
        skip_space();
        if (at_ < source_.text.size()) source_.fail(at_, "nothing after the value");
    }

  private:
    char peek() const { return at_ < source_.text.size() ? source_.text[at_] : '\0'; }
    bool in_object() const { return kind_at(open_.back()) == JsonKind::object; }
    JsonKind kind_at(uint32_t index) const { return static_cast<JsonKind>(document_.nodes_[index].kind); }

    void skip_space() {
        while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
    }

    bool take(char wanted) {
        skip_space();
        if (peek() != wanted) return false;
        ++at_;
        return true;
    }

    void add(JsonKind kind, size_t size_bytes, bool escaped = false) {
        if (document_.nodes_.size() == max_values_) {
            source_.fail(at_, concat("no more than ", max_values_, " values"));
        }
        document_.nodes_.push_back({.kind = static_cast<uint32_t>(kind) & 7u,
                                    .escaped = escaped,
                                    .at = static_cast<uint32_t>(at_) & max_json_bytes,
                                    .extent = static_cast<uint32_t>(size_bytes)});
    }

    void read_value() {
        skip_space();
        expects_value_ = false;
        switch (peek()) {
            case '{':
                return open(JsonKind::object);
            case '[':
                return open(JsonKind::array);
            case '"':
                return read_string();
            case 't':
                return read_word("true", JsonKind::boolean);
            case 'f':
                return read_word("false", JsonKind::boolean);
            case 'n':
                return read_word("null", JsonKind::null);
            default:
                return read_number();
        }
    }

    void read_string() {
        if (peek() != '"') source_.fail(at_, "a key in quotes");
        const JsonString string = scan_json_string(source_, at_ + 1);
        add(JsonKind::text, string.size_bytes, string.escaped);
        at_ += string.size_bytes + 2;
    }

    void read_word(std::string_view word, JsonKind kind) {
        if (source_.text.substr(at_, word.size()) != word) source_.fail(at_, "a value");
        add(kind, word.size());
        at_ += word.size();
    }

    void read_number() {
        const bool number = peek() == '-' || (peek() >= '0' && peek() <= '9');
        if (!number) source_.fail(at_, "a value");
        const size_t size_bytes = scan_json_number(source_, at_);
        add(JsonKind::number, size_bytes);
        at_ += size_bytes;
    }

    void open(JsonKind kind) {
        if (open_.size() == max_depth_) {
            source_.fail(at_, concat("no more than ", max_depth_, " nested arrays and objects"));
        }
        open_.push_back(static_cast<uint32_t>(document_.nodes_.size()));
        add(kind, 0);
        ++at_;
        if (take(kind == JsonKind::object ? '}' : ']')) return close();
        expect_item();
    }

    /// Up to where the value of the next item stands.
    void expect_item() {
        expects_value_ = true;
        if (!in_object()) return;
        skip_space();
        read_string();
        if (!take(':')) source_.fail(at_, "':'");
    }

    /// After an item of the innermost container.
    void finish_value() {
        if (take(',')) return expect_item();
        if (!take(in_object() ? '}' : ']')) source_.fail(at_, in_object() ? "',' or '}'" : "',' or ']'");
        close();
    }

    void close() {
        const uint32_t index = open_.back();
        document_.nodes_[index].extent = static_cast<uint32_t>(document_.nodes_.size());
        if (in_object()) refuse_double_keys(JsonValue(document_, index));
        open_.pop_back();
    }

    /// Sorts the keys: a hash table would let the file choose what collides.
    static void refuse_double_keys(const JsonValue& object) {
        size_t count = 0;
        object.for_each_member([&](const JsonValue&, const JsonValue&) { ++count; });
        std::vector<JsonValue> keys;
        keys.reserve(count);  // growing would take twice the memory
        object.for_each_member([&](const JsonValue& key, const JsonValue&) { keys.push_back(key); });
        std::ranges::sort(keys, [](const JsonValue& a, const JsonValue& b) { return a.is_before(b); });
        for (size_t i = 1; i < keys.size(); ++i) {
            if (keys[i - 1].is_before(keys[i])) continue;
            const size_t at = std::max(keys[i - 1].at(), keys[i].at());
            throw damaged(object.document_->source_.where,
                          concat("the key ", quote(keys[i].text()), " at byte ", at, " is there already"));
        }
    }

    Json& document_;
    const JsonSource& source_;
    const size_t max_values_, max_depth_;
    size_t at_ = 0;
    std::vector<uint32_t> open_;
    bool expects_value_ = false;
};

namespace {

/// Reserved at once, because a growing vector holds its contents twice. Every value but the first follows one
/// of these characters (strings may hold more of them) and is at least one byte long.
size_t most_nodes(std::string_view text) {
    const auto separators =
        std::ranges::count_if(text, [](char c) { return c == ',' || c == ':' || c == '[' || c == '{'; });
    return std::min(static_cast<size_t>(separators), text.size() / 2) + 1;
}

}  // namespace

Json::Json(std::string_view text, std::string where, size_t max_values, size_t max_depth)
    : source_{text, std::move(where)} {
    if (text.size() > max_json_bytes) {
        throw Error(Code::unsupported, concat(source_.where, ": ", text.size(),
                                              " bytes of JSON, expected at most ", max_json_bytes));
    }
    nodes_.reserve(std::min(most_nodes(text), max_values));
    JsonParser(*this, max_values, max_depth).parse();
}

}  // namespace rwkvk::load
