#pragma once
// What GET /metrics tells, in the text format of Prometheus 0.0.4.

#include <map>
#include <mutex>
#include <string>

#include "dialect.h"
#include "histogram.h"
#include "loaded.h"
#include "talk/store_counts.h"

namespace rwkvk::server {

class Metrics {
  public:
    /// An answer that ended: "stop", "length", "failed", "gone". So many of its prompt's tokens were brought
    /// from the store at most.
    void count_end(const std::string& finish, const Choice& choice, uint64_t fetched);
    /// A request that was refused.
    void count_error(int status);

    std::string text(const Loaded& loaded, const StoreCounts::Values& store) const;

  private:
    mutable std::mutex mutex_;
    std::map<std::string, uint64_t> ends_, gone_;
    std::map<int, uint64_t> errors_;
    std::map<std::string, uint64_t> cached_ = {{"memory", 0}, {"store", 0}};  // tokens
    Histogram queued_, prompt_, first_token_, answer_, token_, whole_;        // seconds
};

}  // namespace rwkvk::server
