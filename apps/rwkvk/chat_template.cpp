#include "chat_template.h"

#include <filesystem>
#include <fstream>

namespace rwkvk::app {
namespace {

constexpr std::streamsize most_bytes = 1 << 16;  // more than the library takes

bool is_known(const std::string& name) {
    const char* known = nullptr;
    for (uint32_t i = 0; (known = rwkvk_chat_template_name(i)); ++i) {
        if (name == known) return true;
    }
    return false;
}

/// As it stands between quotes in a template file.
std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
    return out;
}

ChosenTemplate of_roles(const std::string& roles) {
    const size_t comma = roles.find(',');
    const std::string user = escaped(roles.substr(0, comma));
    const std::string bot = comma == roles.npos ? "" : escaped(roles.substr(comma + 1));
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
    std::string names;
    const char* known = nullptr;
    for (uint32_t i = 0; (known = rwkvk_chat_template_name(i)); ++i)
        names += concat(i > 0 ? ", " : "", known);
    return names;
}

ChosenTemplate choose_template(const std::string& given, const std::string& roles) {
    if (!roles.empty()) return of_roles(roles);
    if (given.empty() || is_known(given)) return {given, ""};
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
