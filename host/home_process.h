#pragma once
// After fork() the child has copies of everything but the threads, and drivers do not know it: what has
// threads or a device works and ends in the process that it was made in.

#include <unistd.h>

#include "host/error.h"

namespace rwkvk {

/// The process that something was made in.
class HomeProcess {
  public:
    bool is_this() const { return ::getpid() == id_; }
    /// Errors: Code::bad_argument in a child; `what`: "this context".
    void require(const char* what) const {
        if (is_this()) return;
        throw Error(Code::bad_argument, concat(what, " belongs to process ", id_, ", from which this one, ",
                                               ::getpid(), ", was forked: make a new one here"));
    }

  private:
    pid_t id_ = ::getpid();
};

/// A deleter that leaves alone, in a child, what would wait there for threads and talk to a device.
template <typename T>
struct DeleteAtHome {
    HomeProcess home;
    void operator()(T* object) const {
        if (home.is_this()) delete object;
    }
};

}  // namespace rwkvk
