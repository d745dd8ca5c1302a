#pragma once
// Measures what code takes from operator new. Linking allocation_meter.cpp replaces it in the whole program.

#include <cstddef>

namespace rwkvk::test {

/// Counts from its construction; one at a time.
class AllocationMeter {
  public:
    AllocationMeter();
    /// The most that was held at once by all threads beyond what was held at construction.
    size_t peak_bytes() const;

  private:
    size_t start_bytes_;
};

}  // namespace rwkvk::test
