#pragma once

#ifdef __linux__
#include <sys/resource.h>
#endif

namespace rwkvk::desktop {

/// Events come first where processors are few. What this thread starts inherits it, drivers' threads too.
inline void step_back() {
#ifdef __linux__
    setpriority(PRIO_PROCESS, 0, 5);  // 0: this thread
#endif
}

}  // namespace rwkvk::desktop
