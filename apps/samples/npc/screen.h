#pragma once
// The window and its keys.

struct GLFWwindow;

namespace rwkvk::npc {

class Screen {
  public:
    /// Throws std::runtime_error where there is no desktop.
    Screen();
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    GLFWwindow* handle() const { return window_; }
    /// Looks what was pressed; false once the window is to be closed.
    bool poll();
    /// Whether Space was pressed since the last call.
    bool take_toggle();

  private:
    GLFWwindow* window_;
    bool toggle_ = false;
};

}  // namespace rwkvk::npc
