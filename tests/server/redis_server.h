#pragma once
// A redis-server of the test's own, behind a socket with a name.

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "talk/ids.h"
#include "talk/redis_pool.h"
#include "talk/store.h"

namespace rwkvk::server::test {

class RedisServer {
  public:
    RedisServer() {
        std::filesystem::create_directory(folder_);
        process_ = fork();
        if (process_ == 0) {
            execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket().c_str(), "--save",
                   "", "--requirepass", "a password", "--dir", folder_.c_str(), "--logfile", log().c_str(),
                   nullptr);
            _exit(127);
        }
        for (int i = 0; i < 500 && !std::filesystem::exists(socket()) && is_running(); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        if (!is_installed()) {
            MESSAGE("redis-server is missing (Debian: redis-server): its store is left out");
            return;
        }
        pool_ = std::make_unique<RedisPool>(read_redis_address(address()), "a password");
    }
    ~RedisServer() {
        stop();
        std::filesystem::remove_all(folder_);
    }
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;

    bool is_installed() const { return std::filesystem::exists(socket()); }
    std::string address() const { return "redis+unix:" + socket(); }
    void ask(const std::vector<std::string>& command) { pool_->ask(command); }
    /// As though so many seconds had gone by there.
    void pass(int64_t seconds) {
        ask({"EVAL",
             "for _, k in ipairs(redis.call('KEYS', '*')) do local t = redis.call('PTTL', k) "
             "if t >= 0 then redis.call('PEXPIRE', k, t - ARGV[1] * 1000) end end return 1",
             "0", std::to_string(seconds)});
    }
    void stop() {
        if (!is_running()) return;
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
        process_ = 0;
    }

  private:
    std::string socket() const { return folder_ + "/socket"; }
    std::string log() const { return folder_ + "/log"; }
    bool is_running() {
        if (process_ > 0 && waitpid(process_, nullptr, WNOHANG) == process_) process_ = 0;
        return process_ > 0;
    }

    const std::string folder_ =
        (std::filesystem::temp_directory_path() / ("rwkvk_redis_" + random_name())).string();
    pid_t process_ = 0;
    std::unique_ptr<RedisPool> pool_;
};

}  // namespace rwkvk::server::test
