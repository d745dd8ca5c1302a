#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace rwkvk::engine {

/// Requests that wait, each of an owner: next is the oldest of the owner who was served least. An owner who
/// comes back has no more credit than those who are waiting. (Sheng et al., "Fairness in serving large
/// language models", OSDI 2024: virtual token counters.)
class FairQueue {
  public:
    void push(const std::string& owner, uint64_t id);
    /// Its owner is being served from now on, until `end`. Nothing when nobody waits.
    std::optional<uint64_t> pop();
    /// Whether it was there.
    bool remove(uint64_t id);
    size_t size() const { return size_; }

    /// Of an owner who is being served.
    void served(const std::string& owner, uint64_t cost) { owners_.at(owner).served += cost; }
    void end(const std::string& owner);

  private:
    struct Owner {
        std::deque<uint64_t> waiting;
        uint64_t served = 0;
        size_t running = 0;  // of what was popped
    };
    void leave_if_idle(const std::string& owner);

    std::map<std::string, Owner> owners_;  // that wait or are being served
    size_t size_ = 0;
};

}  // namespace rwkvk::engine
