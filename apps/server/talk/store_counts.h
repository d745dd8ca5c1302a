#pragma once
// How a store does, for who watches it.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "store.h"

namespace rwkvk::server {

class StoreCounts {
  public:
    struct Values {
        bool up = true;                          // whether it answered when it was last asked
        uint64_t conflicts = 0;                  // turns that were not added, since the head had moved
        std::map<std::string, uint64_t> errors;  // by what was asked of it
        std::map<std::string, uint64_t> states;  // by what became of them: "saved", "fetched", "missing", ...
    };

    void answered();
    void failed(const std::string& operation);
    /// One of states, which may be kept elsewhere: says nothing of whether the store is up.
    void state_failed(const std::string& operation);
    void count_conflict();
    void count_state(const std::string& what);
    Values values() const;

  private:
    mutable std::mutex mutex_;
    Values values_;
};

/// The same store, of whose calls counts are kept.
std::shared_ptr<Store> counted_store(std::shared_ptr<Store> store, std::shared_ptr<StoreCounts> counts);

}  // namespace rwkvk::server
