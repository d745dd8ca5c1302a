#include "runtime/text/clean_message.h"

namespace rwkvk::text {
namespace {

constexpr std::string_view line_ends = "\r\n", blanks = " \t\v\f\r\n";

}  // namespace

std::string_view strip(std::string_view text) {
    const size_t first = text.find_first_not_of(blanks);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

std::string clean_message(std::string_view text) {
    std::string_view rest = strip(text);
    std::string out;
    for (;;) {
        const size_t first = rest.find_first_of(line_ends);
        out += rest.substr(0, first);
        if (first == rest.npos) return out;
        rest.remove_prefix(first);
        const std::string_view run = rest.substr(0, rest.find_first_not_of(blanks));  // it ends: stripped
        out += '\n';
        rest.remove_prefix(run.find_last_of(line_ends) + 1);
    }
}

}  // namespace rwkvk::text
