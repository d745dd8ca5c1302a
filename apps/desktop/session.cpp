#include "session.h"

#include <random>

#include "folders.h"
#include "state_files.h"

namespace rwkvk::desktop {

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

void Session::expect_load() {
    model_.loading = true;
    model_.fraction = 0;
    model_.loading_name = name_of(ModelChoice{settings.model, {}});
}

void Session::load() {
    expect_load();
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
    abandoned_ = used ? answer_.question : 0;
    fail("The graphics device was lost; the window goes on with a new one" +
         std::string(used ? ", on which the model is loaded again" : ""));
    if (used) load();
}

void Session::drop(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
        if (!path.ends_with(".json")) {
            worker_.look_at(path);
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

/// The current conversation, as the worker takes it.
Question Session::question() const {
    Question question;
    if (!current().system.empty()) question.messages.push_back({"system", current().system});
    for (const Message& message : current().messages)
        question.messages.push_back({message.role == Role::user ? "user" : "assistant", message.text});
    question.state = current().state;
    return question;
}

/// `seed` 0: as the settings say.
void Session::ask(uint64_t seed) {
    Conversation& conversation = library_.current();
    Question question = this->question();
    question.number = ++questions_;
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
void Session::begin_from(const std::string& state) { library_.start_new(state); }

void Session::save_state() {
    if (!can_save_state()) return;
    saving_state_ = true;
    worker_.save_state(question(), new_state_file(folders_.states, current().name()).string());
}

std::vector<std::filesystem::path> Session::saved_states() const { return state_files(folders_.states); }

void Session::select(size_t index) { library_.select(index); }

void Session::remove(size_t index) {
    if (library_.all()[index].id == answer_.conversation) stop();
    library_.remove(index);
}

}  // namespace rwkvk::desktop
