#include "path_pattern.h"

#include <algorithm>

namespace rwkvk::server {

std::optional<std::vector<std::string>> match_path(std::string_view pattern, std::string_view path) {
    std::vector<std::string> parts;
    for (;;) {
        const size_t open = pattern.find('{');
        const std::string_view fixed = pattern.substr(0, open);
        if (!path.starts_with(fixed)) return std::nullopt;
        path.remove_prefix(fixed.size());
        if (open == pattern.npos) return path.empty() ? std::optional(std::move(parts)) : std::nullopt;
        const size_t end = std::min(path.find('/'), path.size());
        if (end == 0) return std::nullopt;
        parts.emplace_back(path.substr(0, end));
        path.remove_prefix(end);
        pattern.remove_prefix(pattern.find('}') + 1);
    }
}

}  // namespace rwkvk::server
