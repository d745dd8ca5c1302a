#include "interrupts.h"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <cstring>

namespace rwkvk::app {
namespace {

// What the handler reads.
volatile sig_atomic_t count = 0, has_terminal = 0;
rwkvk_context* volatile working = nullptr;
const char* volatile on_leaving = "";
termios terminal{};

void handle(int) {
    count = count + 1;
    if (count > 1) {
        if (has_terminal) tcsetattr(STDIN_FILENO, TCSANOW, &terminal);  // as it was before line editing
        [[maybe_unused]] auto ignored = write(STDOUT_FILENO, on_leaving, std::strlen(on_leaving));
        ignored = write(STDERR_FILENO, "\n", 1);
        _exit(130);
    }
    if (working) rwkvk_context_interrupt(working);
}

}  // namespace

Interrupts::Interrupts(rwkvk_context* context) : before_(working) {
    count = 0;
    has_terminal = tcgetattr(STDIN_FILENO, &terminal) == 0;
    working = context;
    struct sigaction action {};
    action.sa_handler = handle;
    action.sa_flags = SA_RESTART;  // a full terminal must not look like a closed one
    sigaction(SIGINT, nullptr, &previous_);
    const bool ignored = previous_.sa_handler == SIG_IGN;  // what a shell starts in the background
    if (!ignored) sigaction(SIGINT, &action, nullptr);
}

Interrupts::~Interrupts() {
    sigaction(SIGINT, &previous_, nullptr);
    working = before_;
}

bool Interrupts::pending() { return count > 0; }

void Interrupts::check() {
    if (pending()) throw Error(RWKVK_CANCELLED, "interrupted");
}

void Interrupts::forget() { count = 0; }

void Interrupts::write_on_leaving(const char* text) { on_leaving = text; }

}  // namespace rwkvk::app
