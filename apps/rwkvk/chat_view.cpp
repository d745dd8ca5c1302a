#include "chat_view.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace rwkvk::app {
namespace {

constexpr const char *dim_on = "\033[2m", *dim_off = "\033[0m";

bool color_wanted() {
    const char *none = std::getenv("NO_COLOR"), *terminal = std::getenv("TERM");
    return !(none && *none) && !(terminal && std::string_view(terminal) == "dumb");
}

std::string rate(uint32_t tokens, double seconds) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f tokens/s", tokens / std::max(seconds, 1e-9));
    return text;
}

}  // namespace

ChatView::ChatView(bool interactive) : interactive_(interactive), color_(interactive && color_wanted()) {}

void ChatView::begin() {
    reasoning_.clear();
    answered_ = dim_ = false;
}

void ChatView::write(std::string_view text, bool dim) {
    if (dim != dim_ && color_) std::cout << (dim ? dim_on : dim_off);
    dim_ = dim;
    std::cout << text << std::flush;
    if (!std::cout) throw Error(RWKVK_IO, "stdout: cannot be written");
}

void ChatView::show(int32_t part, std::string_view text) {
    if (part == RWKVK_PART_ANSWER) {
        if (!answered_ && !reasoning_.empty() && interactive_) write(folded_ ? "\r\033[K" : "\n\n", false);
        answered_ = true;
        return write(text, false);
    }
    reasoning_ += text;
    if (!interactive_) return;
    write(folded_ ? concat("\r[thinking, ", reasoning_.size(), " characters; /think shows it]")
                  : std::string(text),
          true);
}

void ChatView::end(const rwkvk_chat_reply& reply, const rwkvk_chat_info& info, uint64_t state_bytes) {
    write("\n", false);
    if (!interactive_) return;
    const char* why = reply.end == RWKVK_END_LENGTH        ? "; cut at the limit, -n raises it"
                      : reply.end == RWKVK_END_INTERRUPTED ? "; stopped"
                                                           : "";
    note(concat("[", rate(reply.tokens, reply.seconds), ", ", reply.tokens, " tokens; prompt ",
                reply.prompt_tokens, " tokens, ", rate(reply.prompt_tokens, reply.prompt_seconds), "; ",
                info.position, " tokens in a state of ", (state_bytes + 50000) / 100000 / 10.0, " MB", why,
                "]"));
}

void ChatView::note(const std::string& line) const {
    std::cout << std::flush;
    std::cerr << (color_ ? dim_on : "") << line << (color_ ? dim_off : "") << '\n';
}

}  // namespace rwkvk::app
