#include "text_input.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iostream>
#include <iterator>

namespace rwkvk::app {

std::string read_text(const std::string& path) {
    if (path == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
    std::ifstream file(path, std::ios::binary);
    std::string contents{std::istreambuf_iterator<char>(file), {}};
    if (!file) throw io_error(path, "cannot be read");
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
