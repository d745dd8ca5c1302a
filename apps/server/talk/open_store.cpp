#include "store.h"

#include <cstdlib>
#ifdef RWKVK_HAVE_REDIS
#include "redis_store.h"
#endif

namespace rwkvk::server {

std::unique_ptr<Store> open_store(const std::string& where, StoreOptions options) {
    if (where.empty()) return memory_store(std::move(options));
    if (where.starts_with("redis:") || where.starts_with("redis+unix:")) {
#ifdef RWKVK_HAVE_REDIS
        const char* const password = std::getenv("RWKVK_STORE_PASSWORD");
        return redis_store(where, password ? password : "", std::move(options));
#else
        throw std::invalid_argument(
            "--store " + where +
            ": this rwkvk was built without Redis: install libhiredis-dev and build it again");
#endif
    }
    return folder_store(where, std::move(options));
}

}  // namespace rwkvk::server
