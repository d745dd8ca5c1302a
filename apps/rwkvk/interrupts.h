#pragma once

#include <signal.h>

#include <rwkvk.hpp>

namespace rwkvk::app {

/// While it lives, Ctrl-C asks what is under way to stop: the context's work, and whatever shows a progress
/// bar. They end with RWKVK_CANCELLED, so that nothing half written is left behind. A second Ctrl-C leaves at
/// once, with 130.
class Interrupts {
  public:
    Interrupts() : Interrupts(nullptr) {}
    explicit Interrupts(const Context& context) : Interrupts(context.handle()) {}
    ~Interrupts();
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

    static bool pending();
    /// Errors: RWKVK_CANCELLED when one is pending.
    static void check();
    /// The next Ctrl-C is the first again.
    static void forget();
    /// A literal that brings the terminal back to normal when a second Ctrl-C leaves; "": nothing is needed.
    static void write_on_leaving(const char* text);

  private:
    explicit Interrupts(rwkvk_context* context);

    rwkvk_context* before_;
    struct sigaction previous_ {};
};

}  // namespace rwkvk::app
