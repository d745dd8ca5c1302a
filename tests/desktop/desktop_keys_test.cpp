// What is typed faster than frames are drawn stays in its order.
#include <doctest/doctest.h>

#include <string>

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include "key_queue.h"

namespace {

using namespace rwkvk::desktop;

void press(KeyQueue& keys, int key, int mods = 0) {
    keys.push({.key = key, .action = GLFW_PRESS, .mods = mods});
}
void release(KeyQueue& keys, int key) { keys.push({.key = key, .action = GLFW_RELEASE}); }
void write(KeyQueue& keys, char character) {
    press(keys, character);
    keys.push({.character = static_cast<unsigned>(character)});
    release(keys, character);
}

/// The characters of a frame, and '!' for a key that acts.
std::string frame(KeyQueue& keys) {
    std::string seen;
    keys.feed([&](const Typed& typed) {
        if (typed.character) seen += static_cast<char>(typed.character);
        if (typed.action == GLFW_PRESS && (typed.key > 256 || typed.mods)) seen += '!';
    });
    return seen;
}

TEST_CASE("characters are taken together, and a key that acts after those before it") {
    KeyQueue keys;
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
    KeyQueue keys;
    press(keys, GLFW_KEY_LEFT_CONTROL);
    press(keys, GLFW_KEY_A, GLFW_MOD_CONTROL);
    release(keys, GLFW_KEY_A);
    release(keys, GLFW_KEY_LEFT_CONTROL);
    press(keys, GLFW_KEY_BACKSPACE);
    int control = 0;
    const auto take = [&](const Typed& typed) {
        if (typed.key == GLFW_KEY_LEFT_CONTROL) control = typed.action;
    };
    keys.feed(take);
    CHECK(control == GLFW_PRESS);
    keys.feed(take);
    CHECK(control == GLFW_RELEASE);
    CHECK(keys.empty());
}

}  // namespace
