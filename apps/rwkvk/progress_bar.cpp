#include "progress_bar.h"

#include <unistd.h>

#include <cstdio>

namespace rwkvk::app {
namespace {

constexpr auto patience = std::chrono::milliseconds(500), interval = std::chrono::milliseconds(100);
constexpr int width = 24;

}  // namespace

ProgressBar::ProgressBar(std::string what, uint64_t total_bytes)
    : what_(std::move(what)),
      total_bytes_(total_bytes),
      terminal_(isatty(STDERR_FILENO) != 0),
      start_(Clock::now()) {}

ProgressBar::~ProgressBar() {
    if (shown_) std::fputs("\r\033[K", stderr);
}

void ProgressBar::show(double fraction) {
    const auto now = Clock::now();
    if (!terminal_ || now - start_ < patience || now - last_ < interval) return;
    last_ = now;
    shown_ = true;
    const double done = fraction * static_cast<double>(total_bytes_);
    const double seconds = std::chrono::duration<double>(now - start_).count();
    const int filled = static_cast<int>(fraction * width);
    std::fprintf(stderr, "\r\033[K%s [%s%s] %.0f of %.0f MB, %.0f MB/s", what_.c_str(),
                 std::string(static_cast<size_t>(filled), '#').c_str(),
                 std::string(static_cast<size_t>(width - filled), ' ').c_str(), done * 1e-6,
                 static_cast<double>(total_bytes_) * 1e-6, done * 1e-6 / seconds);
}

int32_t ProgressBar::show_on(void* bar, double fraction) {
    static_cast<ProgressBar*>(bar)->show(fraction);
    return !Interrupts::pending();
}

}  // namespace rwkvk::app
