#include <cstdlib>

#include "state_store.h"
#include "store.h"
#ifdef RWKVK_HAVE_REDIS
#include "redis_store.h"
#endif

namespace rwkvk::server {
namespace {

bool is_redis(const std::string& where) {
    return where.starts_with("redis:") || where.starts_with("redis+unix:");
}

#ifdef RWKVK_HAVE_REDIS
std::string password() {
    const char* const given = std::getenv("RWKVK_STORE_PASSWORD");
    return given ? given : "";
}
#else
[[noreturn]] void refuse(const char* flag, const std::string& where) {
    throw std::invalid_argument(
        flag + (" " + where) +
        ": this rwkvk was built without Redis: install libhiredis-dev and build it again");
}
#endif

}  // namespace

std::unique_ptr<Store> open_store(const std::string& where, StoreOptions options) {
    if (where.empty()) return memory_store(std::move(options));
    if (!is_redis(where)) return folder_store(where, std::move(options));
#ifdef RWKVK_HAVE_REDIS
    return redis_store(where, password(), std::move(options));
#else
    refuse("--store", where);
#endif
}

std::unique_ptr<StateStore> open_states(const std::string& where, StateStoreOptions options) {
    if (!is_redis(where)) return folder_states(where, std::move(options));
#ifdef RWKVK_HAVE_REDIS
    return redis_states(where, password(), std::move(options));
#else
    refuse("--state-store", where);
#endif
}

}  // namespace rwkvk::server
