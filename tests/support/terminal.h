#pragma once
// A program under a pseudo-terminal, as a person uses it.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace rwkvk::test {

inline constexpr auto patience = std::chrono::seconds(60);
inline constexpr auto line_editor_patience = std::chrono::seconds(1);  // there may be none
inline constexpr const char* prompt = "> ";

/// Runs the program on a terminal of its own; killed when it takes too long.
class Terminal {
  public:
    Terminal(const std::string& program, const std::vector<std::string>& arguments) {
        std::vector<const char*> argv = {program.c_str()};
        for (const std::string& argument : arguments) argv.push_back(argument.c_str());
        argv.push_back(nullptr);
        child_ = forkpty(&terminal_, nullptr, nullptr, nullptr);
        REQUIRE(child_ >= 0);
        if (child_ == 0) {
            execv(program.c_str(), const_cast<char* const*>(argv.data()));
            _exit(127);
        }
    }
    ~Terminal() {
        if (child_ > 0) {
            kill(child_, SIGKILL);
            waitpid(child_, nullptr, 0);
        }
        close(terminal_);
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    void type(const std::string& text) {
        REQUIRE(write(terminal_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }

    /// What is shown up to and including `end`, which must come.
    std::string read_until(const std::string& end) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (true) {
            const size_t at = unread_.find(end);
            if (at != unread_.npos) {
                const std::string shown = unread_.substr(0, at + end.size());
                unread_.erase(0, at + end.size());
                return shown;
            }
            if (!read_some() || std::chrono::steady_clock::now() > deadline) {
                FAIL("expected '" << end << "', found '" << unread_ << "'");
            }
        }
    }

    /// The line editor shows its prompt, then takes the terminal over; what is typed in between may be lost.
    void wait_for_prompt() {
        read_until(prompt);
        const auto deadline = std::chrono::steady_clock::now() + line_editor_patience;
        termios mode{};
        do {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            REQUIRE(tcgetattr(terminal_, &mode) == 0);
        } while ((mode.c_lflag & ICANON) && std::chrono::steady_clock::now() < deadline);
    }

    /// Until the program handles Ctrl-C itself: before that, it would be killed by it.
    void wait_until_interruptible() {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (!handles(SIGINT)) {
            if (std::chrono::steady_clock::now() > deadline) FAIL("Ctrl-C is not handled");
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }

    /// The exit status, which must come.
    int wait_for_exit() {
        while (read_some()) {
        }
        int status = 0;
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (waitpid(child_, &status, WNOHANG) != child_) {
            if (std::chrono::steady_clock::now() > deadline) FAIL("found '" << unread_ << "' and no exit");
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        child_ = -1;
        REQUIRE(WIFEXITED(status));
        return WEXITSTATUS(status);
    }

  private:
    bool handles(int signal) const {
        std::ifstream status("/proc/" + std::to_string(child_) + "/status");
        for (std::string line; std::getline(status, line);) {
            if (line.starts_with("SigCgt:"))
                return std::stoull(line.substr(7), nullptr, 16) >> (signal - 1) & 1;
        }
        return false;
    }

    bool read_some() {
        pollfd ready{.fd = terminal_, .events = POLLIN, .revents = 0};
        if (poll(&ready, 1, static_cast<int>(std::chrono::milliseconds(patience).count())) <= 0) return false;
        char buffer[4096];
        const ssize_t bytes = read(terminal_, buffer, sizeof buffer);  // fails when the child is gone
        if (bytes > 0) unread_.append(buffer, static_cast<size_t>(bytes));
        for (const std::string mode : {"\033[?2004h", "\033[?2004l"}) {  // what a terminal does not show
            for (size_t at = unread_.find(mode); at != unread_.npos; at = unread_.find(mode))
                unread_.erase(at, mode.size());
        }
        return bytes > 0;
    }

    int terminal_ = -1;
    pid_t child_ = -1;
    std::string unread_;
};

/// Types a line at the prompt; `expected` must come before the next one.
inline void command(Terminal& terminal, const std::string& line, const std::string& expected) {
    CAPTURE(line);
    terminal.type(line + "\n");
    terminal.read_until(expected);
    terminal.wait_for_prompt();
}

}  // namespace rwkvk::test
