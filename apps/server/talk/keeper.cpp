#include "keeper.h"

#include <chrono>

#include "ids.h"

namespace rwkvk::server {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds renewed_every{5};
constexpr std::chrono::minutes swept_every{60};

}  // namespace

Keeper::Keeper(std::shared_ptr<Store> store) : store_(std::move(store)), thread_([this] { run(); }) {}

Keeper::~Keeper() { finish(); }

void Keeper::post(std::function<void()> task) {
    {
        const std::lock_guard lock(mutex_);
        if (!finished_) {
            tasks_.push_back(std::move(task));
            changed_.notify_one();
            return;
        }
    }
    task();
}

void Keeper::finish() {
    {
        const std::lock_guard lock(mutex_);
        finished_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
}

std::string Keeper::hold(const std::string& id) {
    std::string holder = random_name();
    if (!store_->lease(id, holder)) return "";
    const std::lock_guard lock(mutex_);
    held_.emplace(id, holder);
    return holder;
}

void Keeper::release(const std::string& id, const std::string& holder) {
    {
        const std::lock_guard lock(mutex_);
        held_.erase({id, holder});
    }
    try {
        store_->release(id, holder);
    } catch (const std::exception&) {
    }
}

void Keeper::run() {
    Clock::time_point renewed = Clock::now(), swept{};
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait_until(lock, renewed + renewed_every, [&] { return finished_ || !tasks_.empty(); });
        if (!tasks_.empty()) {
            const std::function<void()> task = std::move(tasks_.front());
            tasks_.pop_front();
            lock.unlock();
            task();
            lock.lock();
        } else if (finished_) {
            return;
        }
        if (Clock::now() < renewed + renewed_every) continue;
        renewed = Clock::now();
        lock.unlock();
        renew_all();
        try {
            if (renewed >= swept + swept_every) store_->sweep();
        } catch (const std::exception&) {  // goes on next time
        }
        if (renewed >= swept + swept_every) swept = renewed;
        lock.lock();
    }
}

void Keeper::renew_all() {
    std::unique_lock lock(mutex_);
    const auto held = held_;
    lock.unlock();
    for (const auto& [id, holder] : held) {
        try {
            store_->renew(id, holder);
        } catch (const std::exception&) {  // the head is compared anyway
        }
    }
}

}  // namespace rwkvk::server
