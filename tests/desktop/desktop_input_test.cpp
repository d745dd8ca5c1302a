// What is done faster than frames are drawn stays in its order.
#include <doctest/doctest.h>

#include <string>

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include "input_queue.h"

namespace {

using namespace rwkvk::desktop;
using Kind = InputEvent::Kind;

void press(InputQueue& keys, int key, int mods = 0) {
    keys.push({.kind = Kind::key, .key = key, .action = GLFW_PRESS, .mods = mods});
}
void release(InputQueue& keys, int key) {
    keys.push({.kind = Kind::key, .key = key, .action = GLFW_RELEASE});
}
void write(InputQueue& keys, char character) {
    press(keys, character);
    keys.push({.kind = Kind::character, .character = static_cast<unsigned>(character)});
    release(keys, character);
}

/// The characters of a frame, and '!' for a key that acts.
std::string frame(InputQueue& keys) {
    std::string seen;
    keys.feed([&](const InputEvent& event) {
        if (event.character) seen += static_cast<char>(event.character);
        if (event.action == GLFW_PRESS && (event.key > 256 || event.mods)) seen += '!';
    });
    return seen;
}

TEST_CASE("characters are taken together, and a key that acts after those before it") {
    InputQueue keys;
    for (const char c : {'a', 'b'}) write(keys, c);
    press(keys, GLFW_KEY_BACKSPACE);
    release(keys, GLFW_KEY_BACKSPACE);
    for (const char c : {'c', 'd'}) write(keys, c);
    CHECK(frame(keys) == "ab!");
    CHECK(!keys.empty());
    CHECK(frame(keys) == "cd");
    CHECK(keys.empty());
}

TEST_CASE("a key acts with the modifiers that it was pressed with") {
    InputQueue keys;
    press(keys, GLFW_KEY_LEFT_CONTROL);
    press(keys, GLFW_KEY_A, GLFW_MOD_CONTROL);
    release(keys, GLFW_KEY_A);
    release(keys, GLFW_KEY_LEFT_CONTROL);
    press(keys, GLFW_KEY_BACKSPACE);
    int control = 0;
    const auto take = [&](const InputEvent& event) {
        if (event.key == GLFW_KEY_LEFT_CONTROL) control = event.action;
    };
    keys.feed(take);
    CHECK(control == GLFW_PRESS);
    keys.feed(take);
    CHECK(control == GLFW_RELEASE);
    CHECK(keys.empty());
}

TEST_CASE("a click takes a frame down and one up, where the mouse is then") {
    InputQueue events;
    const auto click = [&](double x) {
        events.push({.kind = Kind::move, .x = x});
        events.push({.kind = Kind::button, .action = GLFW_PRESS});
        events.push({.kind = Kind::button, .action = GLFW_RELEASE});
    };
    click(10);
    click(20);
    double x = 0;
    int button = GLFW_RELEASE;
    const auto next = [&] {
        events.feed([&](const InputEvent& event) {
            (event.kind == Kind::move ? void(x = event.x) : void(button = event.action));
        });
    };
    for (const double expected : {10.0, 20.0}) {
        next();
        CHECK(x == expected);
        CHECK(button == GLFW_PRESS);
        next();
        CHECK(x == expected);
        CHECK(button == GLFW_RELEASE);
    }
    CHECK(events.empty());
}

}  // namespace
