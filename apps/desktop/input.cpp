#include "input.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include <algorithm>
#include <cfloat>
#include <utility>

namespace rwkvk::desktop {

Input::Input(GLFWwindow* window)
    : window_(window), text_cursor_(glfwCreateStandardCursor(GLFW_IBEAM_CURSOR)) {
    int width = 0, height = 0;
    glfwGetWindowSize(window, &width, &height);
    window_is(width, height);
    glfwGetFramebufferSize(window, &width, &height);
    framebuffer_is(width, height);
    leave();
}

void Input::leave() { mouse_ = {-FLT_MAX, -FLT_MAX}; }

void Input::press(int button, bool down) {
    if (button < buttons) down_[button] = down;
}

void Input::tell_mouse(ImGuiIO& io) {
    const bool inside = mouse_.x > -FLT_MAX && window_size_.x > 0;
    const float pixels = inside ? pixels_.x / window_size_.x : 1;
    io.MousePos = {mouse_.x * pixels, mouse_.y * pixels};
    for (int i = 0; i < buttons; ++i) io.MouseDown[i] = down_[i];
}

/// As the frame before asked for.
void Input::show_cursor() {
    const bool text = ImGui::GetMouseCursor() == ImGuiMouseCursor_TextInput;
    if (text == std::exchange(shows_text_cursor_, text)) return;
    glfwSetCursor(window_, text ? text_cursor_ : nullptr);
}

void Input::begin_frame() {
    ImGuiIO& io = ImGui::GetIO();
    io.DisplaySize = pixels_;
    const double now = glfwGetTime(), before = std::exchange(time_, now);
    io.DeltaTime = before > 0 ? std::max(static_cast<float>(now - before), 1e-4f) : 1.0f / 60;
    tell_mouse(io);
    show_cursor();
}

}  // namespace rwkvk::desktop
