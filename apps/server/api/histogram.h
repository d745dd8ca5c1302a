#pragma once

#include <array>
#include <cstdint>
#include <ostream>

namespace rwkvk::server {

/// How often what took how long, as Prometheus has it. Used by one thread at a time.
class Histogram {
  public:
    void add(double seconds);
    /// Under this name, with what it is.
    void write(std::ostream& out, const char* name, const char* help) const;

  private:
    // Those of vLLM for a first token, and longer ones: conversations have no end.
    static constexpr std::array bounds = {0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1,  0.25,  0.5,  0.75,
                                          1.0,   2.5,   5.0,  7.5,  10.0, 20.0, 40.0, 80.0, 160.0, 640.0};

    std::array<uint64_t, bounds.size() + 1> counts_ = {};  // up to each bound, and beyond the last
    double sum_ = 0;
};

}  // namespace rwkvk::server
