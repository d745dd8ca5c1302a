#include "redis_pool.h"

#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <charconv>
#include <csignal>

#include "store.h"

namespace rwkvk::server {
namespace {

constexpr timeval patience{2, 0};
constexpr std::chrono::seconds pause_after_failure{5};

int number_of(const std::string& text, int most, const std::string& where) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 0 || number > most)
        throw std::invalid_argument(where + ": expected a number from 0 to " + std::to_string(most) +
                                    ", found '" + text + "'");
    return number;
}

}  // namespace

RedisAddress read_redis_address(const std::string& where) {
    constexpr std::string_view unix_prefix = "redis+unix:", prefix = "redis://";
    RedisAddress address;
    if (where.starts_with(unix_prefix)) {
        address.socket = where.substr(unix_prefix.size());
        if (address.socket.empty()) throw std::invalid_argument(where + ": expected the path of a socket");
        return address;
    }
    if (!where.starts_with(prefix))
        throw std::invalid_argument(where + ": expected redis://HOST:PORT/DATABASE or redis+unix:PATH");
    std::string rest = where.substr(prefix.size());
    if (const size_t at = rest.rfind('@'); at != rest.npos) {
        address.user = rest.substr(0, at);
        rest.erase(0, at + 1);
        if (address.user.find(':') != rest.npos)
            throw std::invalid_argument(
                "--store: a password is given in RWKVK_STORE_PASSWORD, not in the address");
    }
    if (const size_t slash = rest.find('/'); slash != rest.npos) {
        if (slash + 1 < rest.size()) address.database = number_of(rest.substr(slash + 1), 1 << 20, where);
        rest.erase(slash);
    }
    // [::1]:6379 has colons of its own.
    const size_t colon = rest.rfind(':'), bracket = rest.rfind(']');
    if (colon != rest.npos && (bracket == rest.npos || colon > bracket)) {
        address.port = number_of(rest.substr(colon + 1), 65535, where);
        rest.erase(colon);
    }
    if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
    if (rest.empty()) throw std::invalid_argument(where + ": expected the name of a computer");
    address.host = rest;
    return address;
}

void FreeReply::operator()(redisReply* reply) const { freeReplyObject(reply); }
void RedisPool::FreeContext::operator()(redisContext* context) const { redisFree(context); }

RedisPool::RedisPool(RedisAddress address, std::string password, size_t most_connections)
    : address_(std::move(address)), password_(std::move(password)), most_connections_(most_connections) {
    // hiredis writes to sockets as to files: without this a server that is gone would end the program.
    std::signal(SIGPIPE, SIG_IGN);
}
RedisPool::~RedisPool() = default;

void RedisPool::fail(const std::string& why) const {
    const std::string where =
        address_.socket.empty() ? address_.host + ":" + std::to_string(address_.port) : address_.socket;
    throw StoreError("store: " + where + ": " + why);
}

/// One that is idle, or null for whoever is to make one.
RedisPool::Context RedisPool::take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return taken_ < most_connections_; });
    if (Clock::now() < closed_until_) fail("could not be reached a moment ago");
    ++taken_;
    if (idle_.empty()) return nullptr;
    Context context = std::move(idle_.back());
    idle_.pop_back();
    return context;
}

void RedisPool::give(Context context) {
    {
        const std::lock_guard lock(mutex_);
        --taken_;
        if (context) {
            idle_.push_back(std::move(context));
        } else {
            idle_.clear();  // they are likely to be broken too
            closed_until_ = Clock::now() + pause_after_failure;
        }
    }
    changed_.notify_one();
}

RedisPool::Context RedisPool::connect() const {
    Context context(address_.socket.empty()
                        ? redisConnectWithTimeout(address_.host.c_str(), address_.port, patience)
                        : redisConnectUnixWithTimeout(address_.socket.c_str(), patience));
    if (!context) throw std::bad_alloc();
    if (context->err) fail(context->errstr);
    redisSetTimeout(context.get(), patience);
    const auto say = [&](const std::vector<std::string>& command) {
        const RedisReply reply = send(*context, command);
        if (!reply) fail(context->errstr);
        if (reply->type == REDIS_REPLY_ERROR) fail(std::string(reply->str, reply->len));
    };
    if (!address_.user.empty()) {
        say({"AUTH", address_.user, password_});
    } else if (!password_.empty()) {
        say({"AUTH", password_});
    }
    if (address_.database != 0) say({"SELECT", std::to_string(address_.database)});
    say({"CLIENT", "SETNAME", "rwkvk"});
    return context;
}

RedisReply RedisPool::send(redisContext& context, const std::vector<std::string>& command) const {
    std::vector<const char*> words;
    std::vector<size_t> sizes;
    for (const std::string& word : command) {
        words.push_back(word.data());
        sizes.push_back(word.size());
    }
    return RedisReply(static_cast<redisReply*>(
        redisCommandArgv(&context, static_cast<int>(words.size()), words.data(), sizes.data())));
}

RedisReply RedisPool::ask(const std::vector<std::string>& command) {
    Context context = take();
    RedisReply reply;
    try {
        if (context) reply = send(*context, command);
        if (!reply) {
            context = nullptr;
            context = connect();
            reply = send(*context, command);
        }
        if (!reply) fail(context->errstr);
    } catch (...) {
        give(nullptr);
        throw;
    }
    give(std::move(context));
    if (reply->type == REDIS_REPLY_ERROR) {
        const std::string words(reply->str, reply->len);
        fail(words.starts_with("MOVED")
                 ? "is part of a cluster, which is not known here: give a single server"
                 : words);
    }
    return reply;
}

}  // namespace rwkvk::server
