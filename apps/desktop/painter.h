#pragma once
// Shows pictures on a thread of its own: drivers may wait for the screen, and those that draw on the CPU for
// much longer.

#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "canvas.h"

namespace rwkvk::desktop {

class Painter {
  public:
    explicit Painter(GLFWwindow* window);
    ~Painter();
    Painter(const Painter&) = delete;
    Painter& operator=(const Painter&) = delete;

    /// Whether a picture still waits: there is no use in making another. Throws what the thread could not do.
    bool behind();
    /// In place of one that waits.
    void show(Picture picture);
    const Renderer& renderer() const { return canvas_.renderer(); }

  private:
    void run();
    std::optional<Picture> next();

    Canvas canvas_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Picture> waiting_;
    std::exception_ptr failure_;
    bool leaving_ = false;
    std::thread thread_;
};

}  // namespace rwkvk::desktop
