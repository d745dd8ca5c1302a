#include <algorithm>
#include <ctime>
#include <map>
#include <mutex>

#include "state_store.h"

namespace rwkvk::server {

StateStore::StateStore(StateStoreOptions options)
    : options_([&] {
          if (!options.now) options.now = [] { return static_cast<int64_t>(std::time(nullptr)); };
          return std::move(options);
      }()) {}

bool is_state_address(std::string_view address) {
    return address.size() == 32 && address.find_first_not_of("0123456789abcdef") == address.npos;
}

namespace {

class MemoryStates final : public StateStore {
  public:
    using StateStore::StateStore;

    std::optional<std::string> get_state(const std::string& address) override {
        const std::lock_guard lock(mutex_);
        drop_the_expired();
        const auto found = all_.find(address);
        if (found == all_.end()) return std::nullopt;
        found->second.used = now();
        return found->second.bytes;
    }

    void put_state(const std::string& address, const std::string& bytes) override {
        if (!is_state_address(address)) return;
        const std::lock_guard lock(mutex_);
        drop_the_expired();
        Kept& kept = all_[address];
        if (kept.bytes.empty()) {
            kept.bytes = bytes;
            bytes_ += bytes.size();
        }
        kept.used = now();
        while (bytes_ > options_.most_bytes)
            drop(std::ranges::min_element(all_, {}, [](const auto& entry) { return entry.second.used; }));
    }

    void erase_state(const std::string& address) override {
        const std::lock_guard lock(mutex_);
        if (const auto found = all_.find(address); found != all_.end()) drop(found);
    }

  private:
    struct Kept {
        std::string bytes;
        int64_t used = 0;
    };
    using All = std::map<std::string, Kept>;

    All::iterator drop(All::iterator at) {
        bytes_ -= at->second.bytes.size();
        return all_.erase(at);
    }
    void drop_the_expired() {
        for (auto at = all_.begin(); at != all_.end();)
            at = at->second.used + options_.ttl <= now() ? drop(at) : std::next(at);
    }

    std::mutex mutex_;
    All all_;
    uint64_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<StateStore> memory_states(StateStoreOptions options) {
    return std::make_unique<MemoryStates>(std::move(options));
}

}  // namespace rwkvk::server
