#include "runtime/text/think_splitter.h"

#include <algorithm>
#include <utility>

namespace rwkvk::text {
namespace {

constexpr std::string_view blanks = " \t\r\n";

/// How many of the last bytes of `text` are a beginning, but not the whole, of `tag`.
size_t begun(std::string_view text, std::string_view tag) {
    size_t count = std::min(text.size(), tag.size() - 1);
    while (!text.ends_with(tag.substr(0, count))) --count;
    return count;
}

}  // namespace

ThinkSplitter::ThinkSplitter(ReplyStart start)
    : start_(start),
      may_open_(start == ReplyStart::answer),
      has_reasoned_(start == ReplyStart::open_tag || start == ReplyStart::close_tag) {
    switch (start) {
        case ReplyStart::verbatim:
            part_ = Part::answer;
            break;
        case ReplyStart::answer:
            part_ = Part::answer_start;
            break;
        case ReplyStart::open_tag:
        case ReplyStart::close_tag:
            part_ = Part::tag_end;
            break;
    }
}

bool ThinkSplitter::skip_blanks() {
    pending_.erase(0, pending_.find_first_not_of(blanks));
    return !pending_.empty();
}

bool ThinkSplitter::leave_tag() {
    if (pending_.empty()) return false;
    if (pending_.front() == '>') pending_.erase(0, 1);
    part_ = start_ == ReplyStart::open_tag ? Part::reasoning_start : Part::answer_start;
    return true;
}

bool ThinkSplitter::begin_answer() {
    if (!skip_blanks()) return false;
    if (may_open_ && begun(pending_, open_tag) == pending_.size()) return false;
    if (may_open_ && pending_.starts_with(open_tag)) {
        pending_.erase(0, open_tag.size());
        has_reasoned_ = true;
        part_ = Part::reasoning_start;
    } else {
        part_ = Part::answer;
    }
    may_open_ = false;
    return true;
}

bool ThinkSplitter::read_reasoning(Piece& out) {
    const size_t tag = pending_.find(close_tag);
    const size_t end = tag != pending_.npos ? tag : pending_.size() - begun(pending_, close_tag);
    out.reasoning += pending_.substr(0, end);
    pending_.erase(0, end);
    if (tag == pending_.npos) return false;
    pending_.erase(0, close_tag.size());
    part_ = Part::answer_start;
    return true;
}

bool ThinkSplitter::advance(Piece& out) {
    switch (part_) {
        case Part::tag_end:
            return leave_tag();
        case Part::reasoning_start:
            if (!skip_blanks()) return false;
            part_ = Part::reasoning;
            return true;
        case Part::reasoning:
            return read_reasoning(out);
        case Part::answer_start:
            return begin_answer();
        case Part::answer:
            out.answer += std::exchange(pending_, {});
            return false;
    }
    return false;
}

ThinkSplitter::Piece ThinkSplitter::push(std::string_view text) {
    pending_ += text;
    Piece out;
    while (advance(out)) {
    }
    return out;
}

ThinkSplitter::Piece ThinkSplitter::finish() {
    Piece out;
    (is_reasoning() ? out.reasoning : out.answer) = std::exchange(pending_, {});
    return out;
}

}  // namespace rwkvk::text
