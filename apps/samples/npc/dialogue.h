#pragma once
// Who asks whom what, and what the model answers: one engine, with a slot for each character.

#include <chrono>
#include <fstream>
#include <rwkvk_engine.hpp>
#include <string>
#include <vector>

namespace rwkvk::npc {

/// A character that is asked something, and what it says.
struct Speaker {
    std::string name;
    std::vector<Message> talk;  // of this round so far, for the model
    size_t line = 0;            // how many it has been asked
    std::string asker, question;
    std::string answer;  // grows from frame to frame
    bool speaking = false;
    double silent_since = -1e9;
};

class Dialogue {
  public:
    struct Choices {
        const rwkvk_device* device = nullptr;  // NULL: the CPU
        double rest_seconds = 0;               // after an answer, for who reads
        std::string log;                       // file for every answer as a line; empty: none
    };
    Dialogue(const Runtime& runtime, const Choices& choices);

    /// Once in every frame: who has rested is asked the next.
    void listen(double now);
    /// Once in every frame in which the model may compute: for about so long. Throws when it failed.
    void step(std::chrono::microseconds budget);

    const std::vector<Speaker>& speakers() const { return speakers_; }
    std::string device() const { return engine_.device(); }
    rwkvk_engine_info info() const { return engine_.info(); }

  private:
    void ask(size_t who);
    void hear(Speaker& speaker, const rwkvk_engine_event& event);

    double now_ = 0, rest_seconds_;
    std::ofstream log_;
    std::string failure_;
    std::vector<Speaker> speakers_;
    Model model_;
    Tokenizer tokenizer_;
    Engine engine_;  // the last: it still tells the speakers when it goes
};

}  // namespace rwkvk::npc
