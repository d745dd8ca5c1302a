#include "host/error.h"

#include <cstdio>
#include <cstdlib>

namespace rwkvk {

std::string quote(std::string_view untrusted) {
    constexpr size_t longest = 80;
    std::string out = "'";
    for (const char c : untrusted.substr(0, longest)) out += c >= ' ' && c <= '~' ? c : '?';
    return out + (untrusted.size() > longest ? "...'" : "'");
}

void assertion_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "%s:%d: internal error: '%s' does not hold\n", file, line, condition);
    std::abort();
}

}  // namespace rwkvk
