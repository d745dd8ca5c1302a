#include "runtime/text/json_text.h"

#include "runtime/text/clean_message.h"

namespace rwkvk::text {
namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr size_t deepest = 64;

bool opens(char c) { return c == '{' || c == '['; }
bool closes(char c) { return c == '}' || c == ']'; }
bool is_scalar(char c) { return !opens(c) && !closes(c) && c != ',' && c != ':'; }

/// Behind the string whose quote is text[at], or the end of the text.
size_t string_end(std::string_view text, size_t at) {
    for (++at; at < text.size(); ++at) {
        if (text[at] == '"') return at + 1;
        if (text[at] == '\\') ++at;
    }
    return text.size();
}

}  // namespace

size_t json_container_end(std::string_view text, size_t at) {
    if (at >= text.size() || !opens(text[at])) return text.npos;
    size_t depth = 0;
    while (at < text.size()) {
        if (text[at] == '"') {
            at = string_end(text, at);
            continue;
        }
        if (opens(text[at])) ++depth;
        if (closes(text[at]) && --depth == 0) return at + 1;
        ++at;
    }
    return text.npos;
}

std::string indented_json(std::string_view json) {
    json = strip(json);
    if (!is_json_container(json)) return std::string(json);
    std::string out;
    size_t depth = 0;
    const auto new_line = [&] { out.append("\n").append(2 * depth, ' '); };
    for (size_t at = 0, next = 0; at < json.size(); at = next) {
        const char c = json[at];
        const size_t end = c == '"' ? string_end(json, at) : at + 1;
        next = std::min(json.find_first_not_of(blanks, end), json.size());
        if (closes(c)) {
            --depth;
            new_line();
        }
        out += json.substr(at, end - at);
        if (opens(c) && closes(json[next])) {
            out += json[next++];
            next = std::min(json.find_first_not_of(blanks, next), json.size());
        } else if (opens(c)) {
            if (++depth > deepest) return std::string(json);
            new_line();
        } else if (c == ',') {
            new_line();
        } else if (c == ':' || (next > end && next < json.size() && is_scalar(c) && is_scalar(json[next]))) {
            out += ' ';
        }
    }
    return out;
}

std::string json_string(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef", controls = "\b\f\n\r\t", letters = "bfnrt";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += {'\\', c};
        } else if (const size_t at = controls.find(c); at != controls.npos) {
            out += {'\\', letters[at]};
        } else if (byte < ' ') {
            out.append("\\u00").append({hex[byte >> 4], hex[byte & 15]});
        } else {
            out += c;
        }
    }
    return out + '"';
}

}  // namespace rwkvk::text
