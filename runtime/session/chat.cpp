#include "runtime/session/chat.h"

#include <algorithm>
#include <set>
#include <utility>

#include "host/stopwatch.h"
#include "runtime/model/declared_template.h"
#include "runtime/session/answer.h"
#include "runtime/session/generation.h"
#include "runtime/session/state_file.h"
#include "runtime/text/clean_message.h"
#include "runtime/text/utf8.h"

namespace rwkvk {

text::ChatTemplateChoice chat_template_of(const Model& model) {
    return text::chat_template_for(model.name(), model.version(), model.programs().vocabulary,
                                   declared_chat_template(model));
}

Chat::Chat(Context& context, const text::Tokenizer& tokenizer, const ChatOptions& options)
    : context_(context),
      tokenizer_(tokenizer),
      options_(options),
      sampler_(options.sampling),
      ends_(reply_ends(options.format, tokenizer)) {
    if (options.max_tokens == 0) throw Error(Code::bad_argument, "max_tokens is 0, expected at least 1");
    ends_.texts.insert(ends_.texts.end(), options.stops.begin(), options.stops.end());
    answer_text();  // refuses thinking that the template does not know, and what is no stop string
    reset();
}

AnswerText Chat::answer_text() const { return {ends_.texts, options_.format.reply_start(options_.thinking)}; }

/// As it is written where a person's turn follows. Of the 20B vocabulary's tokens "\n\n" stands only at the
/// end of a text, where training never had it; with more text behind it is two of "\n".
std::vector<Token> Chat::encode(const text::Prompt& text) const {
    const text::Prompt next = options_.format.user_turn("", options_.thinking);
    std::vector<Token> tokens = text::Prompt(text).add(next).encode(tokenizer_);
    size_t bytes = 0;
    for (; bytes < next.text().size() && !tokens.empty(); tokens.pop_back())
        bytes += tokenizer_.decode(tokens.back()).size();
    return bytes == next.text().size() ? tokens : text.encode(tokenizer_);
}

Chat::SnapshotPointer Chat::snapshot(std::vector<float> logits) {
    return std::make_shared<const Snapshot>(
        Snapshot{context_.state(0), std::move(logits), here().tokens.size(), here().recorded});
}

void Chat::go_to(const Snapshot& snapshot) {
    context_.set_state(0, snapshot.state);
    here().tokens.resize(snapshot.tokens);
    here().recorded = snapshot.recorded;
}

/// On an error this branch is as it was when `before` was taken.
template <typename Body>
void Chat::all_or_nothing(const Snapshot& before, const Body& body) {
    Branch untouched = here();
    try {
        body();
    } catch (...) {
        here() = std::move(untouched);
        go_to(before);
        throw;
    }
}

/// Returns the last token's logits.
std::vector<float> Chat::feed(std::span<const Token> tokens) {
    std::vector<float> logits = context_.feed(0, tokens);
    here().tokens.insert(here().tokens.end(), tokens.begin(), tokens.end());
    return logits;
}

/// The history up to here becomes a point of the receipt.
void Chat::record_prompt() {
    if (!options_.recorder) return;
    Recorded& recorded = here().recorded;
    const std::span<const Token> tokens = here().tokens;
    recorded = {options_.recorder->fed(recorded.point, tokens.subspan(recorded.tokens)), tokens.size()};
}

void Chat::feed_prompt(std::string_view message, Turn& turn, Reply& reply) {
    const Stopwatch watch;
    // What follows the colon is fed after the snapshot: it is not part of the history.
    text::Prompt prompt = options_.format.user_turn(message, options_.thinking);
    prompt.drop_last(options_.format.prompt_end(options_.thinking).size());
    const std::vector<Token> tokens = prompt.encode(tokenizer_);
    std::vector<float> logits = feed(tokens);
    record_prompt();
    turn.prompted = snapshot(std::move(logits));
    reply.prompt_tokens = static_cast<uint32_t>(tokens.size());
    reply.prompt_seconds = watch.seconds();
}

Reply Chat::say(std::string_view message, const ReplySink& sink) {
    if (const int64_t at = text::find_ill_formed_utf8(message); at >= 0)
        throw Error(Code::bad_text, concat("byte ", at, " of the message is not UTF-8; nothing was said"));
    if (text::strip(message).empty()) throw Error(Code::bad_argument, "an empty message: say something");
    context_.take_interrupt();
    Reply reply;
    Turn turn{.before = snapshot(), .prompted = nullptr};
    all_or_nothing(*turn.before, [&] {
        feed_prompt(message, turn, reply);
        answer(turn, sink, reply);
    });
    here().turns.push_back(std::move(turn));
    drop_oldest_snapshots();
    return reply;
}

Reply Chat::regenerate(const ReplySink& sink) {
    if (here().turns.empty()) throw Error(Code::bad_argument, "there is no answer to make anew");
    context_.take_interrupt();
    Reply reply;
    const Turn turn = here().turns.back();
    all_or_nothing(*snapshot(), [&] {
        go_to(*turn.prompted);
        answer(turn, sink, reply);
    });
    return reply;
}

namespace {

/// Whether the sink wants more.
bool show(const AnswerText::Piece& piece, const ReplySink& sink) {
    const bool more = piece.reasoning.empty() || sink(/*reasoning*/ true, piece.reasoning);
    return (piece.answer.empty() || sink(/*reasoning*/ false, piece.answer)) && more;
}

/// The text that makes `fed`, already in the state, and `rest`, not yet in it, end with `ending`. Line ends
/// with which it begins may be there already.
text::Prompt completion(std::string_view fed, std::string_view rest, std::string_view ending) {
    if (ending.empty()) return text::Prompt().add_message(rest);
    while (!rest.empty() && (rest.back() == '\n' || rest.back() == ' ')) rest.remove_suffix(1);
    while (rest.empty() && fed.ends_with('\n') && ending.starts_with('\n')) {
        fed.remove_suffix(1);
        ending.remove_prefix(1);
    }
    return text::Prompt().add_message(rest).add_words(ending);
}

}  // namespace

/// From the prompted state to the end of the turn.
void Chat::answer(const Turn& turn, const ReplySink& sink, Reply& reply) {
    const Stopwatch watch;
    sampler_.forget_accepted();
    sampler_.begin_reply(options_.format.reply_start(options_.thinking));
    const std::vector<Token> prefix = tokenizer_.encode(options_.format.prompt_end(options_.thinking));
    if (options_.recorder) options_.recorder->begin_answer(here().recorded.point, prefix, sampler_);
    const std::vector<float> logits = prefix.empty() ? turn.prompted->logits : feed(prefix);
    Generation generation(context_, logits, sampler_,
                          {.slot = 0, .ends = ends_.tokens, .limit = options_.max_tokens});
    const std::vector<Token>& drawn = generation.tokens();
    AnswerText text = answer_text();
    Spoken certain;  // before what may be a stop string
    reply.end = ReplyEnd::stop;
    while (true) {
        const Spoken before{.tokens = drawn.size(), .bytes = text.raw_bytes()};
        const bool is_held = text.may_be_stopping();
        if (!is_held) certain = before;
        const Token token = generation.next(certain.tokens);
        if (generation.ended()) break;
        ++reply.tokens;
        const bool more = show(text.push(tokenizer_.decode(token)), sink);
        if (text.stopped()) break;
        if (!more || context_.take_interrupt()) reply.end = ReplyEnd::interrupted;
        if (reply.end == ReplyEnd::stop && reply.tokens == options_.max_tokens) reply.end = ReplyEnd::length;
        if (reply.end != ReplyEnd::stop) break;
    }
    Spoken spoken{.tokens = drawn.size() - (reply.end == ReplyEnd::stop), .bytes = text.raw_bytes()};
    if (options_.recorder) {
        generation.stop(spoken.tokens);
        options_.recorder->end_answer(drawn, reply.end == ReplyEnd::stop, context_.state(0));
    }
    show(text.finish(), sink);  // decides on a stop string that might have become a longer one
    if (text.stopped()) {
        spoken = certain;
        if (reply.end == ReplyEnd::length) reply.end = ReplyEnd::stop;
    }
    if (!text.has_reasoning()) generation.stop(spoken.tokens);  // else the answer is fed anew
    here().tokens.insert(here().tokens.end(), drawn.begin(),
                         drawn.begin() + static_cast<ptrdiff_t>(spoken.tokens));
    complete(turn, text, spoken.bytes, reply);
    reply.seconds = watch.seconds();
}

/// Makes the history hold the answer without its reasoning or a stop string, and the end of the turn.
void Chat::complete(const Turn& turn, const AnswerText& text, size_t fed_bytes, Reply& reply) {
    text::Prompt closing = completion(text.kept().substr(0, fed_bytes), text.kept().substr(fed_bytes),
                                      options_.format.after_answer());
    if (text.has_reasoning()) {
        go_to(*turn.prompted);
        closing = options_.format.rest_of_past_answer(text.answer());
    }
    const std::vector<Token> tokens = encode(closing);
    context_.feed_whole(0, tokens, Want::nothing);
    here().tokens.insert(here().tokens.end(), tokens.begin(), tokens.end());
    if (context_.take_interrupt()) reply.end = ReplyEnd::interrupted;
}

void Chat::undo() {
    if (here().turns.empty()) throw Error(Code::bad_argument, "there is no turn to take back");
    go_to(*here().turns.back().before);
    here().turns.pop_back();
}

void Chat::reset(std::string system) {
    const std::vector<Token> opening = encode(options_.format.opening(system));
    context_.take_interrupt();
    all_or_nothing(*snapshot(), [&] {
        here() = {};
        context_.reset(0);
        if (options_.recorder) here().recorded.point = options_.recorder->beginning();
        feed(opening);
    });
    options_.system = std::move(system);
}

uint32_t Chat::fork() {
    here().parked = snapshot();
    branches_.push_back(here());
    current_ = static_cast<uint32_t>(branches_.size()) - 1;
    here().parked.reset();
    drop_oldest_snapshots();
    return current_;
}

void Chat::select(uint32_t branch) {
    if (branch >= branches_.size()) {
        throw Error(Code::bad_argument, concat("there is no branch ", branch, "; there are ",
                                               branches_.size(), ", counted from 0"));
    }
    if (branch == current_) return;
    here().parked = snapshot();
    current_ = branch;
    go_to(*std::exchange(here().parked, nullptr));
}

void Chat::save(const std::string& path) {
    write_state_file(path, context_.model(), context_.state(0), position());
}

void Chat::load(const std::string& path) {
    const SavedState saved = read_state_file(path, context_.model());
    context_.set_state(0, saved.values);
    here() = {};
    here().loaded_position = saved.position;
    if (options_.recorder) here().recorded.point = options_.recorder->loaded(path, saved.values);
}

uint64_t Chat::snapshot_bytes() const {
    std::set<const Snapshot*> all;
    for (const Branch& branch : branches_) {
        all.insert(branch.parked.get());
        for (const Turn& turn : branch.turns) all.insert({turn.before.get(), turn.prompted.get()});
    }
    all.erase(nullptr);
    uint64_t bytes = 0;
    for (const Snapshot* const one : all) bytes += (one->state.size() + one->logits.size()) * sizeof(float);
    return bytes;
}

/// From the branch with the most turns, and from those that share the turn. The last turn of a branch can
/// always be taken back.
void Chat::drop_oldest_snapshots() {
    while (snapshot_bytes() > options_.snapshot_bytes) {
        const Branch& longest = *std::ranges::max_element(
            branches_, {}, [](const Branch& branch) { return branch.turns.size(); });
        if (longest.turns.size() < 2) return;
        const SnapshotPointer oldest = longest.turns.front().before;
        for (Branch& branch : branches_) {
            std::vector<Turn>& turns = branch.turns;
            if (turns.size() > 1 && turns.front().before == oldest) turns.erase(turns.begin());
        }
    }
}

}  // namespace rwkvk
