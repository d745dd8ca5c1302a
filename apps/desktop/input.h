#pragma once
// What Dear ImGui is told before each frame: sizes, time, the mouse. Its backend for GLFW asks the display
// for them, whose answers wait behind the pictures that software drivers send there; here they come with
// events.

#include <imgui.h>

struct GLFWcursor;
struct GLFWwindow;

namespace rwkvk::desktop {

class Input {
  public:
    explicit Input(GLFWwindow* window);
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;

    // In GLFW's units, of which a pixel may be a part.
    void window_is(int width, int height) { window_size_ = {float(width), float(height)}; }
    void framebuffer_is(int width, int height) { pixels_ = {float(width), float(height)}; }
    void move(double x, double y) { mouse_ = {float(x), float(y)}; }
    void leave();
    void press(int button, bool down);

    /// False while the window is minimised.
    bool has_area() const { return pixels_.x > 0 && pixels_.y > 0; }
    void begin_frame();

  private:
    static constexpr int buttons = 3;

    void tell_mouse(ImGuiIO& io);
    void show_cursor();

    GLFWwindow* const window_;
    GLFWcursor* const text_cursor_;
    ImVec2 window_size_{}, pixels_{}, mouse_{};
    bool down_[buttons] = {};
    bool shows_text_cursor_ = false;
    double time_ = 0;
};

}  // namespace rwkvk::desktop
