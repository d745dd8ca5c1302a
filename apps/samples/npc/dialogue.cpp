#include "dialogue.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <thread>

#include "demo_model.h"

namespace rwkvk::npc {
namespace {

constexpr const char* names[] = {"Ada", "Ben", "Cora", "Theo"};
constexpr size_t character_count = std::size(names);

// A talk each, in which the model remembers what was said before; "{}" stands for the name of who asks.
const std::vector<std::string> talks[character_count] = {
    {"Hello!", "My name is {}.", "How are you?", "Tell me a story about a fox.", "What is my name?",
     "Thank you!"},
    {"Good morning!", "What is 47 + 85?", "What is 12 x 7?", "What is 4738 + 965?", "What is 100 - 58?"},
    {"Hi there!", "What is the capital of France?", "What sound does a cat make?",
     "What is the color of the sky?", "How many legs does a spider have?", "What is the opposite of hot?",
     "Goodbye!"},
    {"Hey!", "How many r are in strawberry?", "My favorite color is green.", "Spell banana backwards.",
     "Sort 7 3 5.", "Who are you?", "What is my favorite color?"}};

Model embedded_model(const Runtime& runtime) {
    const std::string_view file = demo_model();
    return runtime.load_memory(file.data(), file.size(), "rwkvk-demo");
}

Engine make_engine(const Model& model, const Tokenizer& tokenizer, const rwkvk_device* device) {
    rwkvk_context_params context = context_params();
    context.slots = character_count;
    context.own_device = device;
    if (!device) {
        context.device = "cpu";
        context.threads = std::max(1u, std::thread::hardware_concurrency() / 2);  // the others are the game's
    }
    rwkvk_engine_params params = engine_params();
    params.context = &context;
    return Engine(model, tokenizer, params);
}

std::string with_name(std::string line, const std::string& name) {
    if (const size_t at = line.find("{}"); at != line.npos) line.replace(at, 2, name);
    return line;
}

}  // namespace

Dialogue::Dialogue(const Runtime& runtime, const Choices& choices)
    : rest_seconds_(choices.rest_seconds),
      model_(embedded_model(runtime)),
      tokenizer_(model_.tokenizer()),
      engine_(make_engine(model_, tokenizer_, choices.device)) {
    for (const char* name : names) speakers_.emplace_back().name = name;
    if (choices.log.empty()) return;
    log_.open(choices.log);
    if (!log_) throw std::runtime_error(choices.log + ": cannot be written");
}

void Dialogue::listen(double now) {
    now_ = now;
    for (size_t i = 0; i < speakers_.size(); ++i) {
        if (!speakers_[i].speaking && now >= speakers_[i].silent_since + rest_seconds_) ask(i);
    }
}

void Dialogue::ask(size_t who) {
    Speaker& speaker = speakers_[who];
    const std::vector<std::string>& talk = talks[who];
    const size_t round = speaker.line / talk.size();
    if (speaker.line % talk.size() == 0) {  // somebody else comes
        speaker.talk.clear();
        speaker.asker = names[(who + 1 + round % (character_count - 1)) % character_count];
    }
    speaker.question = with_name(talk[speaker.line++ % talk.size()], speaker.asker);
    speaker.talk.push_back({"user", speaker.question});
    speaker.answer.clear();
    speaker.speaking = true;
    const Prompt prompt(model_, tokenizer_, speaker.talk);
    rwkvk_engine_request request = engine_request();
    request.prompt = prompt.handle();
    engine_.submit(request, [this, &speaker](const rwkvk_engine_event& event) { hear(speaker, event); });
}

void Dialogue::hear(Speaker& speaker, const rwkvk_engine_event& event) {
    speaker.answer.append(event.text, event.text_bytes);
    if (event.kind != RWKVK_EVENT_DONE) return;
    if (event.end == RWKVK_DONE_CANCELLED) return;  // the program ends
    if (event.end == RWKVK_DONE_FAILED) failure_ = event.message;
    speaker.speaking = false;
    speaker.silent_since = now_;
    speaker.talk.push_back({"assistant", speaker.answer});
    if (log_.is_open())
        log_ << speaker.name << ' ' << speaker.line << '\t' << speaker.question << '\t' << speaker.answer
             << '\n';
}

void Dialogue::step(std::chrono::microseconds budget) {
    engine_.step(static_cast<uint32_t>(budget.count()));
    if (!failure_.empty()) throw std::runtime_error(failure_);
}

}  // namespace rwkvk::npc
