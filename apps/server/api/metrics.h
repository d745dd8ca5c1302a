#pragma once
// What GET /metrics tells, in the text format of Prometheus 0.0.4.

#include <map>
#include <mutex>
#include <string>

#include "loaded.h"
#include "talk/store_counts.h"

namespace rwkvk::server {

class Metrics {
  public:
    /// An answer that ended: "stop", "length", "failed", "gone".
    void count_end(const std::string& finish);
    /// A request that was refused.
    void count_error(int status);

    /// Tokens of a prompt that were found in the cache, of which so many were brought from the store at most.
    void count_cached(uint64_t tokens, uint64_t fetched);

    std::string text(const Loaded& loaded, const StoreCounts::Values& store) const;

  private:
    mutable std::mutex mutex_;
    std::map<std::string, uint64_t> ends_;
    std::map<int, uint64_t> errors_;
    std::map<std::string, uint64_t> cached_ = {{"memory", 0}, {"store", 0}};  // tokens
};

}  // namespace rwkvk::server
