#include "host/error.h"

#include <cstdio>
#include <cstdlib>

namespace rwkvk {

void assertion_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "%s:%d: internal error: '%s' does not hold\n", file, line, condition);
    std::abort();
}

}  // namespace rwkvk
