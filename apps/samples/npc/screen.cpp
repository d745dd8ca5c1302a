#include "screen.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace rwkvk::npc {
namespace {

[[noreturn]] void fail() {
    const char* reason = nullptr;
    glfwGetError(&reason);
    throw std::runtime_error(std::string("the window cannot be opened: ") +
                             (reason ? reason : "no reason was given"));
}

GLFWwindow* open_window() {
    if (!glfwInit()) fail();
    glfwWindowHint(GLFW_CLIENT_API, GLFW_NO_API);
    glfwWindowHint(GLFW_SCALE_TO_MONITOR, GLFW_TRUE);
    GLFWwindow* const window = glfwCreateWindow(960, 540, "rwkvk: four who talk", nullptr, nullptr);
    if (!window) fail();
    glfwSetWindowAspectRatio(window, 16, 9);
    return window;
}

}  // namespace

Screen::Screen() : window_(open_window()) {
    glfwSetWindowUserPointer(window_, this);
    glfwSetKeyCallback(window_, [](GLFWwindow* window, int key, int, int action, int) {
        if (action != GLFW_PRESS) return;
        if (key == GLFW_KEY_ESCAPE) glfwSetWindowShouldClose(window, GLFW_TRUE);
        if (key == GLFW_KEY_SPACE) static_cast<Screen*>(glfwGetWindowUserPointer(window))->toggle_ = true;
    });
}

Screen::~Screen() {
    glfwDestroyWindow(window_);
    glfwTerminate();
}

bool Screen::poll() {
    glfwPollEvents();
    return !glfwWindowShouldClose(window_);
}

bool Screen::take_toggle() { return std::exchange(toggle_, false); }

}  // namespace rwkvk::npc
