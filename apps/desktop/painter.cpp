#include "painter.h"

#include <utility>

namespace rwkvk::desktop {

Painter::Painter(GLFWwindow* window) : canvas_(window), thread_([this] { run(); }) {}

Painter::~Painter() {
    {
        const std::lock_guard lock(mutex_);
        leaving_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

bool Painter::behind() {
    const std::lock_guard lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
    return waiting_.has_value();
}

void Painter::show(Picture picture) {
    {
        const std::lock_guard lock(mutex_);
        if (waiting_ && !picture.fonts) picture.fonts = std::move(waiting_->fonts);
        waiting_ = std::move(picture);
    }
    changed_.notify_all();
}

std::optional<Picture> Painter::next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return leaving_ || waiting_; });
    if (leaving_) return std::nullopt;
    return std::exchange(waiting_, std::nullopt);
}

void Painter::run() {
    try {
        while (std::optional<Picture> picture = next()) canvas_.draw(std::move(*picture));
    } catch (...) {
        const std::lock_guard lock(mutex_);
        failure_ = std::current_exception();
    }
}

}  // namespace rwkvk::desktop
