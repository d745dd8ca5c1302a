#include "text_input.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>

namespace rwkvk::app {

std::string read_text(const std::string& path) {
    const bool standard = path == "-";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> own(
        standard ? nullptr : std::fopen(path.c_str(), "rb"), std::fclose);
    std::FILE* const file = standard ? stdin : own.get();
    std::string contents;
    char buffer[1 << 16];
    while (file && !std::ferror(file) && !std::feof(file))
        contents.append(buffer, std::fread(buffer, 1, sizeof buffer, file));
    if (!file || std::ferror(file)) throw io_error(standard ? "stdin" : path, "cannot be read");
    return contents;
}

std::string read_prompt(const std::string& path, bool keep_newline) {
    std::string text = read_text(path);
    if (keep_newline || !text.ends_with('\n')) return text;
    text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    return text;
}

std::string unescaped(std::string_view text) {
    constexpr std::string_view names = "nrt\"'\\", meanings = "\n\r\t\"'\\";
    std::string out;
    while (!text.empty()) {
        unsigned code = 0;
        size_t length = 1;
        const size_t named = text[0] == '\\' && text.size() > 1 ? names.find(text[1]) : names.npos;
        if (named != names.npos) {
            out += meanings[named];
            length = 2;
        } else if (text.size() >= 4 && text.starts_with("\\x") &&
                   std::from_chars(text.data() + 2, text.data() + 4, code, 16).ptr == text.data() + 4) {
            out += static_cast<char>(code);
            length = 4;
        } else {
            out += text[0];
        }
        text.remove_prefix(length);
    }
    return out;
}

std::vector<Token> parse_ids(const std::string& list) {
    std::vector<Token> ids;
    const char *at = list.data(), *end = at + list.size();
    const auto separator = [](char c) {
        return std::string_view(", \n\r\t[]").find(c) != std::string_view::npos;
    };
    while (at < end) {
        if (separator(*at)) {
            ++at;
            continue;
        }
        Token id = 0;
        const auto [next, error] = std::from_chars(at, end, id);
        if (error != std::errc{} || (next < end && !separator(*next))) {
            throw usage_error(
                concat("expected token ids, found '", std::string(at, std::min(at + 20, end)), "'"));
        }
        ids.push_back(id);
        at = next;
    }
    return ids;
}

}  // namespace rwkvk::app
