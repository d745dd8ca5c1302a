#include "runtime/session/answer.h"

namespace rwkvk {

AnswerText::Piece AnswerText::push(std::string_view bytes) {
    raw_ += bytes;
    return show(utf8_.push(filter_.push(bytes)));
}

AnswerText::Piece AnswerText::finish() {
    const std::string rest = utf8_.push(filter_.finish());
    Piece piece = show(rest + utf8_.flush());
    const Piece last = splitter_.finish();
    piece.reasoning += last.reasoning;
    piece.answer += last.answer;
    answer_ += last.answer;
    return piece;
}

AnswerText::Piece AnswerText::show(std::string text) {
    Piece piece = splitter_.push(text);
    answer_ += piece.answer;
    return piece;
}

std::string_view AnswerText::kept() const {
    const auto stop = filter_.stop();
    return std::string_view(raw_).substr(0, stop ? static_cast<size_t>(stop->bytes_before) : raw_.size());
}

}  // namespace rwkvk
