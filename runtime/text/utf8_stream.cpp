#include "runtime/text/utf8_stream.h"

#include "runtime/text/utf8.h"

namespace rwkvk::text {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD

}  // namespace

std::string Utf8Stream::push(std::string_view bytes) {
    pending_ += bytes;
    std::string complete;
    size_t at = 0;
    while (at < pending_.size()) {
        const std::string_view rest = std::string_view(pending_).substr(at);
        const Utf8Piece piece = first_utf8_piece(rest);
        if (piece.kind == Utf8::unfinished) break;
        complete += piece.kind == Utf8::character ? rest.substr(0, piece.size_bytes) : replacement;
        at += piece.size_bytes;
    }
    pending_.erase(0, at);
    return complete;
}

std::string Utf8Stream::flush() {
    // What is held back is the beginning of one character, so one maximal subpart.
    const bool held = !pending_.empty();
    pending_.clear();
    return std::string(held ? replacement : "");
}

}  // namespace rwkvk::text
