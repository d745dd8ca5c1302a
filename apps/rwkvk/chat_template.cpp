#include "chat_template.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace rwkvk::app {
namespace {

constexpr std::streamsize most_bytes = 1 << 16;  // more than the library takes

std::vector<std::string> known_templates() {
    std::vector<std::string> names;
    for (uint32_t i = 0; const char* name = rwkvk_chat_template_name(i); ++i) names.emplace_back(name);
    return names;
}

std::string trimmed(const std::string& text) {
    const size_t begin = text.find_first_not_of(' ');
    return begin == text.npos ? "" : text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

/// As it stands between quotes in a template file.
std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
    return out;
}

ChosenTemplate of_roles(const std::string& roles) {
    const size_t comma = roles.find(',');
    const std::string user = escaped(trimmed(roles.substr(0, comma)));
    const std::string bot = comma == roles.npos ? "" : escaped(trimmed(roles.substr(comma + 1)));
    if (user.empty() || bot.empty() || bot.find(',') != bot.npos || roles.find('\n') != roles.npos)
        throw usage_error(concat("--roles: expected USER,BOT, found '", roles, "'"));
    const auto line = [](const char* key, const std::string& role) {
        return concat(key, " = \"", role, ": {text}\\n\\n\"\n");
    };
    return {roles, concat(line("system", "System"), line("user", user), line("answer", bot),
                          "stop = \"\\n\\n", bot, ":\"\n")};
}

}  // namespace

std::string template_names() {
    std::string list;
    for (const std::string& name : known_templates()) list += concat(list.empty() ? "" : ", ", name);
    return list;
}

ChosenTemplate choose_template(const std::string& given, const std::string& roles) {
    if (!roles.empty()) return of_roles(roles);
    if (given == "rwkv-world") return {"world", ""};  // llama.cpp's name
    const std::vector<std::string> known = known_templates();
    if (given.empty() || std::ranges::find(known, given) != known.end()) return {given, ""};
    if (!std::filesystem::exists(given)) {
        throw usage_error(concat("--template: expected ", template_names(), " or a file, found '", given,
                                 "' and no such file"));
    }
    std::ifstream file(given, std::ios::binary);
    std::string text(most_bytes, '\0');
    file.read(text.data(), most_bytes);
    if (!file.is_open() || file.bad()) throw io_error(given, "cannot be read");
    text.resize(static_cast<size_t>(file.gcount()));
    if (text.empty() || text.find('\0') != text.npos)
        throw usage_error(concat(given, ": expected a chat template as docs/FORMATS.md describes it"));
    return {given, std::move(text)};
}

}  // namespace rwkvk::app
