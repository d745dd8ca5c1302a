// What the worker tells a session.
#include "session.h"

namespace rwkvk::desktop {
namespace {

const char* ending_of(End end) {
    switch (end) {
        case End::complete:
            return "";
        case End::limit:
            return "cut at the limit";
        case End::stopped:
            return "stopped";
        default:
            return "failed";
    }
}

}  // namespace

bool Session::pump() {
    const std::vector<Event> events = worker_.drain();
    for (const Event& event : events) std::visit([this](const auto& one) { take(one); }, event);
    return !events.empty();
}

void Session::take(const Devices& event) { devices_ = event.rows; }

void Session::take(const Loading& event) {
    model_.loading = true;
    model_.ready = false;
    model_.loading_name = event.name;
    model_.fraction = event.fraction;
}

void Session::take(const Ready& event) {
    model_ = {.ready = true, .facts = event.facts, .loading_name = {}};
    verify_.report.reset();
    ++verifications_;  // one that runs is of the model before
    settings.model = event.facts.path;
    if (!event.facts.path.empty()) settings.remember(event.facts.path);
    save_settings();
    begin_again();
}

/// The answer that lost its device, unless something else is looked at by now.
void Session::begin_again() {
    if (std::exchange(interrupted_, {}) != current().id || !can_say() || !current().can_regenerate()) return;
    const uint64_t seed = current().messages.back().seed;
    library_.current().drop_answer();
    ask(seed);
    begun_again_ = true;
}

void Session::take(const LoadFailed& event) {
    if (!worker_.is_newest(event.load)) return;
    model_.loading = false;
    interrupted_.clear();
    settings.model = model_.facts.path;  // that it goes on with
    const std::string& before = model_.facts.name;
    fail("The model cannot be opened. " + event.reason +
         (before.empty() ? "" : "; " + before + " stays in use"));
}

void Session::take(const Reading& event) {
    if (event.question != answer_.question) return;
    answer_.prompt_done = event.done;
    answer_.prompt_total = event.total;
}

/// NULL once the conversation is gone.
Message* Session::coming_message(uint64_t question) {
    if (question != answer_.question) return nullptr;
    Conversation* const conversation = library_.find(answer_.conversation);
    return conversation ? &conversation->messages.back() : nullptr;
}

/// The speed as it can be told before the answer is done: nearly every token is a piece.
void Session::count_piece() {
    const auto now = std::chrono::steady_clock::now();
    if (answer_.pieces++ == 0) answer_.first_piece = now;
    const double seconds = std::chrono::duration<double>(now - answer_.first_piece).count();
    if (seconds > 0.1) answer_.tokens_per_second = static_cast<double>(answer_.pieces - 1) / seconds;
}

void Session::take(const Piece& event) {
    Message* const message = coming_message(event.question);
    if (!message) return;
    count_piece();
    message->text += event.text;
    message->reasoning += event.reasoning;
}

void Session::take(const Answered& event) {
    Message* const message = coming_message(event.question);
    if (event.question == answer_.question) answer_.question = 0;
    measure(event);
    const bool lost = lost_its_device(event);
    if (lost && event.question != abandoned_) {
        drawing_lost_ = true;
        expect_load();  // which comes with the next device
    }
    if (!lost && !event.reason.empty()) fail("The answer failed: " + event.reason);
    if (!message) return;
    message->seed = event.seed;
    message->tokens = event.tokens;
    message->seconds = event.seconds;
    lost ? interrupt(*message) : finish(*message, ending_of(event.end));
}

/// The window may find it first, and the model is then taken from it.
bool Session::lost_its_device(const Answered& event) const {
    if (event.question == abandoned_ && event.end == End::stopped) return true;
    return event.end == End::device_lost && model_.facts.draws_window;
}

/// What was said stays, though no word of the answer has come.
void Session::interrupt(Message& message) {
    message.ending = "interrupted";
    if (!begun_again_) interrupted_ = answer_.conversation;
    save(*library_.find(answer_.conversation));
}

void Session::measure(const Answered& event) {
    answer_.tokens = event.tokens;
    answer_.prompt_tokens = event.prompt_tokens;
    answer_.cached_tokens = event.cached_tokens;
    const auto rate = [](uint64_t tokens, double seconds) {
        return seconds > 0 ? static_cast<double>(tokens) / seconds : 0.0;
    };
    answer_.tokens_per_second = rate(event.tokens, event.seconds);
    answer_.prompt_tokens_per_second = rate(event.prompt_tokens - event.cached_tokens, event.prompt_seconds);
}

/// Without an answer it is as if nothing had been said.
void Session::finish(Message& message, const char* ending) {
    message.ending = ending;
    Conversation& conversation = *library_.find(answer_.conversation);
    if (message.text.empty() && message.reasoning.empty()) returned_text_ = conversation.undo();
    save(conversation);
}

void Session::take(const LookedAt& event) {
    event.is_state ? begin_from(event.path) : open_model(event.path);
}

void Session::take(const StateSaved& event) {
    saving_state_ = false;
    if (!event.reason.empty()) return fail("The state cannot be saved. " + event.reason);
    notice_ = "The state is saved: " + event.path;
}

void Session::take(const Verified& event) {
    verify_.running = false;
    if (event.number != verifications_) return;
    verify_.report = event.report;
    verify_.failure = event.reason;
}

}  // namespace rwkvk::desktop
