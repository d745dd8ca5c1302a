#pragma once
// A conversation as the person sees it, kept consistent whatever happens to an answer: turns can be taken
// back and answers made anew by copying states; nothing that was said is read twice.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/session/context.h"
#include "runtime/session/conversation.h"
#include "runtime/session/receipt_recorder.h"
#include "runtime/text/chat_template.h"
#include "runtime/text/sampler.h"
#include "runtime/text/tokenizer.h"

namespace rwkvk {

struct ChatOptions {
    text::ChatTemplate format = text::chat_template("plain");
    std::string system;
    text::Thinking thinking = text::Thinking::none;
    text::SamplerParams sampling;
    std::vector<std::string> stops = {};          // end an answer, besides the template's own
    uint32_t max_tokens = 2048;                   // of one answer
    uint64_t snapshot_bytes = uint64_t{1} << 30;  // of host memory; beyond, the oldest turns are forgotten
    ReceiptRecorder* recorder = nullptr;          // of the same context, if it is to be written down
};

enum class ReplyEnd { stop, length, interrupted };

struct Reply {
    ReplyEnd end = ReplyEnd::stop;
    uint32_t prompt_tokens = 0, tokens = 0;
    double prompt_seconds = 0, seconds = 0;
};

/// Whole characters of the reasoning or of the answer. Returning false stops the answer.
using ReplySink = std::function<bool(bool reasoning, std::string_view text)>;

/// The template that fits the model.
text::ChatTemplateChoice chat_template_of(const Model& model);

class AnswerText;

/// One conversation in slot 0 of a context, in one or more branches.
class Chat {
  public:
    /// Feeds the opening text. The context has Generation::spare_slots. Errors: Code::bad_argument for bad
    /// stop strings; as Context::feed.
    Chat(Context& context, const text::Tokenizer& tokenizer, const ChatOptions& options);

    /// The user's turn and the answer to it. When the answer is stopped, by the sink or Context::interrupt,
    /// the conversation holds it as far as it was shown. On an error it is as if nothing had been said.
    /// Errors: Code::bad_argument for an empty message; Code::bad_text for one that is not UTF-8;
    /// Code::cancelled when interrupted before the answer began; as Context::feed and Sampler::sample.
    Reply say(std::string_view message, const ReplySink& sink);
    /// Another answer to the last turn. Errors: Code::bad_argument without a turn; as say.
    Reply regenerate(const ReplySink& sink);
    /// Errors: Code::bad_argument without a turn that can be taken back.
    void undo();
    /// A new conversation in this branch. On an error the old one goes on.
    void reset(std::string system);
    void reset() { reset(options_.system); }

    /// A copy of this branch, which becomes the present one. Returns its number.
    uint32_t fork();
    /// Errors: Code::bad_argument when there is no such branch.
    void select(uint32_t branch);

    /// Errors: as write_state_file, read_state_file; a failed load changes nothing.
    void save(const std::string& path);
    void load(const std::string& path);

    /// Draws the answers.
    text::Sampler& sampler() { return sampler_; }
    const text::Sampler& sampler() const { return sampler_; }
    const text::ChatTemplate& format() const { return options_.format; }
    uint32_t branch() const { return current_; }
    uint32_t branches() const { return static_cast<uint32_t>(branches_.size()); }
    size_t turns() const { return here().turns.size(); }  // that can be taken back
    /// Tokens that made the state.
    uint64_t position() const { return here().loaded_position + here().tokens.size(); }
    uint64_t snapshot_bytes() const;
    /// Those since the beginning or the last load; feeding them gives the state, to the bit.
    const std::vector<Token>& tokens() const { return here().tokens; }

  private:
    /// A point of the receipt, and how many of the branch's tokens led to it.
    struct Recorded {
        ReceiptRecorder::Point point = 0;
        size_t tokens = 0;
    };
    /// A state on the host, where an answer begins the logits to begin it with, and how many of the branch's
    /// tokens made it.
    struct Snapshot {
        std::vector<float> state, logits;
        size_t tokens;
        Recorded recorded;
    };
    using SnapshotPointer = std::shared_ptr<const Snapshot>;
    struct Turn {
        SnapshotPointer before, prompted;  // prompted: the answer begins here
    };
    struct Branch {
        std::vector<Turn> turns;
        std::vector<Token> tokens;
        uint64_t loaded_position = 0;
        Recorded recorded;
        SnapshotPointer parked;  // while another branch is the present one
    };
    /// How much of an answer.
    struct Spoken {
        size_t tokens = 0, bytes = 0;
    };

    Branch& here() { return branches_[current_]; }
    const Branch& here() const { return branches_[current_]; }
    std::vector<Token> encode(const text::Prompt& text) const;
    AnswerText answer_text() const;
    SnapshotPointer snapshot(std::vector<float> logits = {});
    void go_to(const Snapshot& snapshot);
    template <typename Body>
    void all_or_nothing(const Snapshot& before, const Body& body);
    std::vector<float> feed(std::span<const Token> tokens);
    void record_prompt();
    void feed_prompt(std::string_view message, Turn& turn, Reply& reply);
    void answer(const Turn& turn, const ReplySink& sink, Reply& reply);
    void complete(const Turn& turn, const AnswerText& text, size_t fed_bytes, Reply& reply);
    void drop_oldest_snapshots();

    Context& context_;
    const text::Tokenizer& tokenizer_;
    ChatOptions options_;
    text::Sampler sampler_;
    ReplyEnds ends_;  // of answers, the options' stops too
    std::vector<Branch> branches_ = std::vector<Branch>(1);
    uint32_t current_ = 0;
};

}  // namespace rwkvk
