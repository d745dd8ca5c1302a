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

std::vector<Token> parse_ids(const std::string& list) {
    std::vector<Token> ids;
    const char *at = list.data(), *end = at + list.size();
    const auto separator = [](char c) { return c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
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
