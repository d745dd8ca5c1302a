#pragma once
// What is typed, in its order. Dear ImGui looks at the keys once in a frame, after the characters: a frame
// takes characters up to the first key that does something, and what comes after that waits for the next one.

#include <deque>

namespace rwkvk::desktop {

/// As GLFW tells it; a character has no key.
struct Typed {
    unsigned character = 0;
    int key = 0, scancode = 0, action = 0, mods = 0;
};

class KeyQueue {
  public:
    void push(const Typed& typed) { waiting_.push_back(typed); }
    bool empty() const { return waiting_.empty(); }
    /// What the next frame takes.
    template <typename Take>
    void feed(const Take& take) {
        bool more = true;
        while (more && !waiting_.empty()) {
            const Typed typed = waiting_.front();
            waiting_.pop_front();
            more = !acts(typed);
            take(typed);
        }
    }

  private:
    static bool acts(const Typed& typed);

    std::deque<Typed> waiting_;
};

}  // namespace rwkvk::desktop
