#pragma once
// A thread for what must not make answers wait: turns that are written down, leases that are renewed, and
// what has expired.

#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "store.h"

namespace rwkvk::server {

class Keeper {
  public:
    explicit Keeper(std::shared_ptr<Store> store);
    ~Keeper();

    Store& store() { return *store_; }
    /// Runs it soon, in the order of the calls; after finish() at once. It must not throw.
    void post(std::function<void()> task);
    /// When all that was posted is done.
    void finish();

    /// The lease of a conversation, renewed until release(); "": somebody else holds it. Errors: StoreError.
    std::string hold(const std::string& id);
    /// Returns at once where the store does not answer: a lease ends by itself.
    void release(const std::string& id, const std::string& holder);

  private:
    void run();
    void renew_all();

    const std::shared_ptr<Store> store_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> tasks_;
    std::set<std::pair<std::string, std::string>> held_;  // conversation and holder
    bool finished_ = false;
    std::thread thread_;
};

}  // namespace rwkvk::server
