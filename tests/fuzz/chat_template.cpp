// A template of one's own.

#include "runtime/text/chat_template.h"

#include "host/error.h"
#include "tests/fuzz/input.h"

void rwkvk::fuzz::read_input(std::string_view input) {
    const text::ChatTemplate format = text::parse_chat_template(input, "template");
    const std::string turn = format.past_turn("one\n\ntwo", "three").text();
    RWKVK_ASSERT(turn.starts_with(format.words().user.before) && turn.ends_with(format.after_answer()));
    RWKVK_ASSERT(
        format.past_turn("one\n\ntwo", "three").text().starts_with(format.user_turn("one\n\ntwo").text()));
}
