#pragma once

#include <string>
#include <string_view>

namespace rwkvk::text {

/// What a reply continues.
enum class ReplyStart {
    verbatim,   // no conversation: all is answer, as it comes
    answer,     // "Assistant:"; a <think> with which the reply begins opens a reasoning part
    open_tag,   // "<think": its ">" and the reasoning follow
    close_tag,  // "</think": its ">" and the answer follow
};

/// Parts a reply into reasoning and answer while it comes, in pieces of any size: the tags are dropped, also
/// when cut, and so are blanks and line ends with which either part begins.
class ThinkSplitter {
  public:
    static constexpr std::string_view open_tag = "<think>", close_tag = "</think>";

    struct Piece {
        std::string reasoning, answer;
    };

    explicit ThinkSplitter(ReplyStart start);

    /// Takes more text and returns what is decided; at most 7 bytes wait, which may be a tag.
    Piece push(std::string_view text);
    /// Ends the reply: what was held back was no tag.
    Piece finish();

    /// Whether the reply is, so far, in its reasoning part.
    bool is_reasoning() const { return part_ == Part::reasoning_start || part_ == Part::reasoning; }

    /// Whether there is a reasoning part, be it empty.
    bool has_reasoned() const { return has_reasoned_; }

  private:
    enum class Part { tag_end, reasoning_start, reasoning, answer_start, answer };

    bool advance(Piece& out);  // false: more text is needed
    bool skip_blanks();
    bool leave_tag();
    bool begin_answer();
    bool read_reasoning(Piece& out);

    ReplyStart start_;
    Part part_;
    bool may_open_;  // a <think> here is a tag
    bool has_reasoned_;
    std::string pending_;
};

}  // namespace rwkvk::text
