#include "progress_bar.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace rwkvk::app {
namespace {

constexpr auto patience = std::chrono::milliseconds(500), interval = std::chrono::milliseconds(100);
constexpr int width = 24;

}  // namespace

ProgressBar::ProgressBar(std::string what, uint64_t total, Counted counted)
    : what_(std::move(what)),
      total_(total),
      counted_(counted),
      terminal_(isatty(STDERR_FILENO) != 0),
      start_(Clock::now()) {}

ProgressBar::~ProgressBar() {
    if (shown_) std::fputs("\r\033[K", stderr);
}

std::string ProgressBar::speed(double done, double seconds) const {
    const auto total = static_cast<double>(total_);
    const double rate = done / std::max(seconds, 1e-9);
    char text[96];
    if (counted_ == Counted::bytes) {
        std::snprintf(text, sizeof text, "%.0f of %.0f MB, %.0f MB/s", done * 1e-6, total * 1e-6,
                      rate * 1e-6);
    } else {
        std::snprintf(text, sizeof text, "%.0f of %.0f tokens, %.1f tokens/s, %.0f s left", done, total, rate,
                      (total - done) / std::max(rate, 1e-9));
    }
    return text;
}

void ProgressBar::show(double fraction) {
    const auto now = Clock::now();
    if (!terminal_ || now - start_ < patience || now - last_ < interval) return;
    last_ = now;
    shown_ = true;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    const auto filled = static_cast<size_t>(fraction * width);
    std::fprintf(stderr, "\r\033[K%s [%s%s] %s", what_.c_str(), std::string(filled, '#').c_str(),
                 std::string(width - filled, ' ').c_str(),
                 speed(fraction * static_cast<double>(total_), seconds).c_str());
}

int32_t TaskBar::show_on(void* bar, double fraction) {
    static_cast<TaskBar*>(bar)->show(fraction);
    return !Interrupts::pending();
}

PromptBar::PromptBar(Context& context) : context_(context) {
    context_.on_progress([this](size_t done, size_t total) { show(done, total); });
}

PromptBar::~PromptBar() { context_.on_progress({}); }

void PromptBar::show(size_t done, size_t total) {
    if (done == 0 && total > 1) bar_.emplace("reading", total, Counted::tokens);
    if (bar_ && done < total) bar_->show(static_cast<double>(done) / static_cast<double>(total));
    if (done == total) bar_.reset();
}

}  // namespace rwkvk::app
