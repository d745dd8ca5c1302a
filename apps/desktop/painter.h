#pragma once
// Shows pictures on a thread of its own: drivers may wait for the screen, and those that draw on the CPU for
// much longer. After its device is lost it goes on with another one.

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <thread>

#include "canvas.h"

namespace rwkvk::desktop {

class Painter {
  public:
    /// Returns when there is a device. `wake` is called from the thread when there is another one.
    Painter(GLFWwindow* window, Runtime runtime, std::function<void()> wake);
    ~Painter();
    Painter(const Painter&) = delete;
    Painter& operator=(const Painter&) = delete;

    /// Whether a picture still waits: there is no use in making another. Throws what the thread could not do.
    bool behind();
    /// In place of one that waits.
    void show(Picture picture);

    DrawingDevice device();
    /// Somebody else found this one lost.
    void leave(const DrawingDevice& lost);

  private:
    void run(std::promise<void>& opened, int width, int height);
    std::optional<Picture> next();
    void paint(Picture picture);
    void rest(std::chrono::steady_clock::duration drawing);
    bool is_left();
    void open(int width, int height);

    GLFWwindow* const window_;
    const Runtime runtime_;
    const std::function<void()> wake_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Picture> waiting_;
    DrawingDevice device_;
    bool left_ = false;
    std::exception_ptr failure_;
    bool leaving_ = false;

    // Of the thread:
    std::unique_ptr<Canvas> canvas_;
    std::shared_ptr<const FontImage> fonts_;
    bool has_shown_ = false;  // anything since the device was opened

    std::thread thread_;
};

}  // namespace rwkvk::desktop
