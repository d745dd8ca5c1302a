#include "painter.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include <algorithm>
#include <utility>

#include "step_back.h"

namespace rwkvk::desktop {

Painter::Painter(GLFWwindow* window, Runtime runtime, std::function<void()> wake)
    : window_(window), runtime_(std::move(runtime)), wake_(std::move(wake)) {
    int width = 0, height = 0;
    glfwGetFramebufferSize(window, &width, &height);
    std::promise<void> opened;
    std::future<void> done = opened.get_future();
    thread_ = std::thread([=, this, opened = std::move(opened)]() mutable { run(opened, width, height); });
    try {
        done.get();
    } catch (...) {
        thread_.join();
        throw;
    }
}

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

DrawingDevice Painter::device() {
    const std::lock_guard lock(mutex_);
    return device_;
}

void Painter::leave(const DrawingDevice& lost) {
    const std::lock_guard lock(mutex_);
    left_ = left_ || lost.device == device_.device;
}

bool Painter::is_left() {
    const std::lock_guard lock(mutex_);
    return left_;
}

std::optional<Picture> Painter::next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return leaving_ || waiting_; });
    if (leaving_) return std::nullopt;
    return std::exchange(waiting_, std::nullopt);
}

void Painter::run(std::promise<void>& opened, int width, int height) {
    step_back();
    try {
        open(width, height);
    } catch (...) {
        return opened.set_exception(std::current_exception());
    }
    opened.set_value();
    try {
        while (std::optional<Picture> picture = next()) paint(std::move(*picture));
    } catch (...) {
        {
            const std::lock_guard lock(mutex_);
            failure_ = std::current_exception();
        }
        wake_();
    }
}

void Painter::paint(Picture picture) {
    if (picture.fonts) fonts_ = picture.fonts;
    const auto begin = std::chrono::steady_clock::now();
    try {
        if (is_left()) throw DeviceLost("the window: the model found its device lost");
        canvas_->draw(picture);
        has_shown_ = true;
        if (picture.model_works && canvas_->shares_queue()) rest(std::chrono::steady_clock::now() - begin);
    } catch (const DeviceLost&) {
        if (!std::exchange(has_shown_, false)) throw;  // it would go on so
        open(picture.width, picture.height);
        wake_();
        picture.fonts = fonts_;
        canvas_->draw(picture);
    }
}

/// On a device of software a frame takes as long as some tokens, which wait for it: they are left most of the
/// time. On others a frame, and so the rest, is too short to be seen.
void Painter::rest(std::chrono::steady_clock::duration drawing) {
    constexpr std::chrono::steady_clock::duration most = std::chrono::milliseconds(100);
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::min(2 * drawing, most), [&] { return leaving_; });
}

/// A device before lives on until the model has left it.
void Painter::open(int width, int height) {
    canvas_.reset();  // first, since a window has one swapchain at most
    canvas_ = std::make_unique<Canvas>(window_, runtime_, width, height);
    const std::lock_guard lock(mutex_);
    device_ = canvas_->device();
    left_ = false;
}

}  // namespace rwkvk::desktop
