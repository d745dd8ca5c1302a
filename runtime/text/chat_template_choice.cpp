// Which template fits a model: the rules in chat_template_for's description, as a table.

#include <algorithm>
#include <string>

#include "host/error.h"
#include "runtime/text/chat_template.h"
#include "runtime/text/clean_message.h"

namespace rwkvk::text {
namespace {

constexpr uint32_t smallest_world = 65529, largest_world = 65536;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || is_digit(c); }

std::string lower_case(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
}

/// The number before anything else, 0 where there is none; a number above 99 is no version.
uint32_t major_of(std::string_view version) {
    uint32_t major = 0;
    for (const char c : version) {
        if (!is_digit(c) || major > 9) break;
        major = 10 * major + static_cast<uint32_t>(c - '0');
    }
    return major;
}

bool any(std::string_view) { return true; }

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

bool names_raven(std::string_view name) { return contains(name, "raven"); }

bool is_g_series(std::string_view part) {
    constexpr size_t longest = 4;
    return part.size() >= 2 && part.size() <= longest && part[0] == 'g' && is_digit(part[1]);
}

bool names_g_series(std::string_view name) {
    while (!name.empty()) {
        const auto end = std::ranges::find_if_not(name, is_letter_or_digit) - name.begin();
        if (is_g_series(name.substr(0, static_cast<size_t>(end)))) return true;
        name.remove_prefix(std::min(static_cast<size_t>(end) + 1, name.size()));
    }
    return false;
}

bool declares_bot(std::string_view declared) { return contains(declared, "✿"); }

bool declares_tools(std::string_view declared) { return contains(declared, "### User"); }

bool declares_chatml(std::string_view declared) {
    return declared == "chatml" || contains(declared, "<|im_start|>");
}

bool declares_world(std::string_view declared) {
    return declared == "rwkv-world" || contains(declared, "Assistant:");
}

bool declares_g1(std::string_view declared) {
    return contains(declared, "Assistant:") && contains(declared, "<think");
}

struct Rule {
    std::string_view chosen;
    uint32_t lowest_major, highest_major;
    uint32_t smallest_vocabulary, largest_vocabulary;
    bool (*fits_name)(std::string_view lower_case_name);
    bool (*fits_declared)(std::string_view declared);
};

constexpr uint32_t most = UINT32_MAX;
constexpr Rule rules[] = {
    {"bot", 0, most, 0, most, any, declares_bot},
    {"tools", 0, most, 0, most, any, declares_tools},
    {"chatml", 0, most, 0, most, any, declares_chatml},
    {"raven", 4, 4, 0, most, names_raven, any},
    {"g1", 7, most, smallest_world, largest_world, names_g_series, any},
    {"world", 0, most, smallest_world, largest_world, any, any},
    {"g1", 0, most, 0, most, any, declares_g1},
    {"world", 0, most, 0, most, any, declares_world},
    {"plain", 0, most, 0, most, any, any},
};

}  // namespace

ChatTemplateChoice chat_template_for(std::string_view name, std::string_view version, uint32_t vocabulary,
                                     std::string_view declared) {
    declared = strip(declared);
    const std::string lower = lower_case(name);
    const uint32_t major = major_of(version);
    const auto between = [](uint32_t x, uint32_t lowest, uint32_t highest) {
        return x >= lowest && x <= highest;
    };
    const auto fits = [&](const Rule& rule) {
        return between(major, rule.lowest_major, rule.highest_major) &&
               between(vocabulary, rule.smallest_vocabulary, rule.largest_vocabulary) &&
               rule.fits_name(lower) && rule.fits_declared(declared);
    };
    const auto chosen = std::ranges::find_if(rules, fits);
    const auto says_something = [&](const Rule& rule) {
        return rule.fits_declared != any && rule.fits_declared(declared);
    };
    return {.format = chat_template(chosen->chosen),
            .by_file = says_something(*chosen),
            .declares_unknown = !declared.empty() && std::ranges::none_of(rules, says_something),
            .declared = declared.empty() ? "" : quote(declared.substr(0, declared.find('\n')))};
}

}  // namespace rwkvk::text
