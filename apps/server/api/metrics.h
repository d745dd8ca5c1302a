#pragma once
// What GET /metrics tells, in the text format of Prometheus 0.0.4.

#include <map>
#include <mutex>
#include <string>

#include "loaded.h"

namespace rwkvk::server {

class Metrics {
  public:
    /// An answer that ended: "stop", "length", "failed", "gone".
    void count_end(const std::string& finish);
    /// A request that was refused.
    void count_error(int status);

    std::string text(const Loaded& loaded) const;

  private:
    mutable std::mutex mutex_;
    std::map<std::string, uint64_t> ends_;
    std::map<int, uint64_t> errors_;
};

}  // namespace rwkvk::server
