#include <hiredis/hiredis.h>

#include "redis_pool.h"
#include "redis_store.h"

namespace rwkvk::server {
namespace {

constexpr size_t transfers_at_once = 2;  // a large one holds the server's only thread

class RedisStates final : public StateStore {
  public:
    RedisStates(const std::string& where, const std::string& password, StateStoreOptions options)
        : StateStore(std::move(options)), pool_(read_redis_address(where), password, transfers_at_once) {
        pool_.ask({"PING"});
    }

    std::optional<std::string> get_state(const std::string& address) override {
        if (!is_state_address(address)) return std::nullopt;
        const RedisReply reply = pool_.ask({"GET", key(address)});
        if (reply->type != REDIS_REPLY_STRING || reply->len > most_state_bytes) return std::nullopt;
        lengthen(address);
        return std::string(reply->str, reply->len);
    }

    void put_state(const std::string& address, const std::string& bytes) override {
        if (!is_state_address(address) || lengthen(address)) return;
        pool_.ask({"SET", key(address), bytes, "PX", milliseconds()});
    }

    void erase_state(const std::string& address) override {
        if (is_state_address(address)) pool_.ask({"DEL", key(address)});
    }

  private:
    static std::string key(const std::string& address) { return "rwkvk:s:" + address; }
    std::string milliseconds() const { return std::to_string(options_.ttl * 1000); }

    /// Whether it is there.
    bool lengthen(const std::string& address) {
        const RedisReply reply = pool_.ask({"PEXPIRE", key(address), milliseconds()});
        return reply->type == REDIS_REPLY_INTEGER && reply->integer == 1;
    }

    RedisPool pool_;
};

}  // namespace

std::unique_ptr<StateStore> redis_states(const std::string& where, const std::string& password,
                                         StateStoreOptions options) {
    return std::make_unique<RedisStates>(where, password, std::move(options));
}

}  // namespace rwkvk::server
