#include "session.h"

#include <random>

#include "folders.h"

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

Session::Session(Folders folders, std::function<void()> wake, const ModelChoice& first,
                 const Runtime& runtime, DrawingDevice drawing)
    : folders_(std::move(folders)),
      library_(folders_.conversations),
      drawing_(std::move(drawing)),
      worker_(std::move(wake), runtime) {
    LoadedSettings loaded = load_settings(folders_.settings);
    settings = std::move(loaded.settings);
    if (!loaded.warning.empty()) fail(loaded.warning);
    for (const std::string& warning : library_.warnings()) fail(warning);
    if (!first.path.empty()) settings.model = first.path;
    if (!first.device.empty()) settings.device = first.device;
    load();
}

Session::~Session() { close(); }

void Session::close() {
    save_settings();
    if (!answering()) return;
    if (Message* const message = coming_message(answer_.question)) finish(*message, "stopped");
    answer_.question = 0;
}

void Session::save_settings() {
    try {
        write_whole(folders_.settings, to_json(settings));
    } catch (const std::exception& error) {
        fail(error.what());
    }
}

void Session::save(const Conversation& conversation) {
    try {
        library_.save(conversation);
    } catch (const std::exception& error) {
        fail(error.what());
    }
}

// ---- The model ----

void Session::load() {
    model_.loading = true;
    model_.fraction = 0;
    model_.loading_name = name_of(ModelChoice{settings.model, {}});
    worker_.load({settings.model, settings.device}, drawing_);
}

void Session::open_model(const std::string& path) {
    settings.model = path;
    load();
}

void Session::use_device(const std::string& device) {
    settings.device = device;
    load();
}

void Session::use_drawing_device(DrawingDevice drawing) {
    drawing_ = std::move(drawing);
    const bool used = model_.loading || !model_.ready || model_.facts.draws_window;
    drawing_lost_ = false;
    abandoned_ = answer_.question;
    fail("The graphics device was lost; the window goes on with a new one" +
         std::string(used ? ", on which the model is loaded again" : ""));
    if (used) load();
}

void Session::drop(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
        if (!path.ends_with(".json")) {
            open_model(path);
            continue;
        }
        try {
            library_.import(path);
        } catch (const std::exception& error) {
            fail(error.what());
        }
    }
}

void Session::verify() {
    verify_ = {};
    verify_.running = true;
    worker_.verify(++verifications_);
}

// ---- The conversation ----

bool Session::say(const std::string& text) {
    if (!can_say() || text.find_first_not_of(" \t\r\n") == text.npos) return false;
    library_.current().say(text);
    ask();
    return true;
}

/// `seed` 0: as the settings say.
void Session::ask(uint64_t seed) {
    Conversation& conversation = library_.current();
    Question question;
    question.number = ++questions_;
    if (!conversation.system.empty()) question.messages.push_back({"system", conversation.system});
    for (const Message& message : conversation.messages)
        question.messages.push_back({message.role == Role::user ? "user" : "assistant", message.text});
    question.sampling = settings.sampling;
    question.seed = seed ? seed : settings.sampling.seed ? settings.sampling.seed : std::random_device{}();
    question.thinking = settings.thinking;
    question.max_tokens = settings.max_tokens;
    conversation.begin_answer().model = model_.facts.name;
    answer_ = {};
    answer_.question = question.number;
    answer_.conversation = conversation.id;
    begun_again_ = false;
    worker_.ask(std::move(question));
}

void Session::stop() {
    if (answering()) worker_.stop(answer_.question);
}

void Session::regenerate() {
    if (!can_say() || !current().can_regenerate()) return;
    library_.current().drop_answer();
    ask();
}

std::string Session::undo() {
    if (answering_here() || !current().can_undo()) return {};
    std::string said = library_.current().undo();
    save(current());
    return said;
}

void Session::fork(size_t messages) {
    if (answering_here() || messages == 0) return;
    try {
        library_.add(current().fork(messages));
    } catch (const std::exception& error) {
        fail(error.what());
    }
}

void Session::rename(size_t index, const std::string& title) {
    Conversation* const conversation = library_.find(library_.all()[index].id);
    conversation->title = title;
    save(*conversation);
}

void Session::set_system(const std::string& text) {
    library_.current().system = text;
    save(current());
}

void Session::start_new() { library_.start_new(); }
void Session::select(size_t index) { library_.select(index); }

void Session::remove(size_t index) {
    if (library_.all()[index].id == answer_.conversation) stop();
    library_.remove(index);
}

// ---- What the worker tells ----

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
    if (lost && event.question != abandoned_) drawing_lost_ = model_.loading = true;  // until it is replaced
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

void Session::take(const Verified& event) {
    verify_.running = false;
    if (event.number != verifications_) return;
    verify_.report = event.report;
    verify_.failure = event.reason;
}

}  // namespace rwkvk::desktop
