#pragma once
// Connections to a Redis or Valkey server: a few, shared by the threads that ask.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

struct redisContext;
struct redisReply;

namespace rwkvk::server {

struct RedisAddress {
    std::string host, socket;  // one of them
    std::string user;          // "": the server's own
    int port = 6379, database = 0;
};

/// redis://USER@HOST:PORT/DATABASE or redis+unix:PATH. Errors: std::invalid_argument.
RedisAddress read_redis_address(const std::string& where);

struct FreeReply {
    void operator()(redisReply* reply) const;
};
using RedisReply = std::unique_ptr<redisReply, FreeReply>;

class RedisPool {
  public:
    RedisPool(RedisAddress address, std::string password, size_t most_connections = 4);
    ~RedisPool();

    /// What the server answers; a command whose connection breaks is sent once more. Errors: StoreError, also
    /// for answers that are errors, and at once for five seconds after a server could not be reached.
    RedisReply ask(const std::vector<std::string>& command);

  private:
    struct FreeContext {
        void operator()(redisContext* context) const;
    };
    using Context = std::unique_ptr<redisContext, FreeContext>;
    using Clock = std::chrono::steady_clock;

    Context take();
    void give(Context context);
    Context connect() const;
    RedisReply send(redisContext& context, const std::vector<std::string>& command) const;
    [[noreturn]] void fail(const std::string& why) const;

    const RedisAddress address_;
    const std::string password_;
    const size_t most_connections_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Context> idle_;
    size_t taken_ = 0;
    Clock::time_point closed_until_{};
};

}  // namespace rwkvk::server
