#pragma once
// What keyboard and mouse do, in its order. Dear ImGui looks at each of them once in a frame: a frame takes
// what comes up to the first event that acts, a key or a button of the mouse, and the rest waits for the next
// one.

#include <deque>

namespace rwkvk::desktop {

/// As GLFW tells it.
struct InputEvent {
    enum class Kind { character, key, move, leave, button };

    Kind kind;
    unsigned character = 0;
    int key = 0, scancode = 0;  // `key` is the button's number too
    int action = 0, mods = 0;
    double x = 0, y = 0;
};

class InputQueue {
  public:
    void push(const InputEvent& event) { waiting_.push_back(event); }
    bool empty() const { return waiting_.empty(); }
    /// What the next frame takes.
    template <typename Take>
    void feed(const Take& take) {
        bool more = true;
        while (more && !waiting_.empty()) {
            const InputEvent event = waiting_.front();
            waiting_.pop_front();
            more = !acts(event);
            take(event);
        }
    }

  private:
    static bool acts(const InputEvent& event);

    std::deque<InputEvent> waiting_;
};

}  // namespace rwkvk::desktop
