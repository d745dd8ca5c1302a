#pragma once
// The window and its loop: events and frames.

#include <memory>
#include <string>

#include "font_choice.h"
#include "input.h"
#include "input_queue.h"
#include "painter.h"
#include "pause_meter.h"
#include "view.h"

namespace rwkvk::desktop {

class Window {
  public:
    explicit Window(const Runtime& runtime);
    ~Window();
    Window(const Window&) = delete;
    Window& operator=(const Window&) = delete;

    /// May be called from every thread: the loop looks at the session again.
    static void wake();

    /// That draws it.
    DrawingDevice device() { return painter_->device(); }

    /// Until the window is closed.
    void run(Session& session, const std::string& state_log);

  private:
    void set_callbacks();
    void feed();
    void take(const InputEvent& event);
    void type(const InputEvent& key);
    void command(const InputEvent& pressed);
    void wait();
    void frame(Session& session);
    void keep_device(Session& session);
    void show(const Session& session);
    float scale(const Session& session) const;
    Doing doing(const Session& session) const;

    GLFWwindow* window_ = nullptr;
    std::unique_ptr<Input> input_;
    std::vector<std::string> dropped_;
    InputQueue queue_;
    int held_back_ = 0;  // for so many frames
    ViewState state_;
    PauseMeter meter_;
    int frames_due_ = 3;  // before the loop may sleep

    std::unique_ptr<FontChoice> fonts_;
    std::unique_ptr<Painter> painter_;
};

}  // namespace rwkvk::desktop
