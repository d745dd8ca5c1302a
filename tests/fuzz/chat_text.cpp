// A message of a chat, and a reply that comes in pieces.

#include "host/error.h"
#include "runtime/text/clean_message.h"
#include "runtime/text/think_splitter.h"
#include "runtime/text/utf8_stream.h"
#include "tests/fuzz/input.h"

void rwkvk::fuzz::read_input(std::string_view input) {
    const std::string message = text::clean_message(input);
    RWKVK_ASSERT(text::clean_message(message) == message);
    text::Utf8Stream stream;
    text::ThinkSplitter splitter(text::ReplyStart::answer);
    std::string text;
    for (size_t at = 0; at < input.size(); at += 3) {
        const std::string piece = stream.push(input.substr(at, 3));
        text += piece;
        splitter.push(piece);
    }
    splitter.finish();
    text += stream.flush();
    text::Utf8Stream whole;
    std::string at_once = whole.push(input);
    at_once += whole.flush();
    RWKVK_ASSERT(text == at_once);
}
