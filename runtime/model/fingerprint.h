#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace rwkvk {

/// The version of docs/NUMERICS.md; raised whenever a bit of any result may change.
inline constexpr int numerics_version = 2;

/// XXH3-64, seed 0, over whatever is added, in order.
class Fingerprint {
  public:
    Fingerprint();
    ~Fingerprint();
    Fingerprint(const Fingerprint&) = delete;
    Fingerprint& operator=(const Fingerprint&) = delete;

    void add(std::span<const std::byte> bytes);
    void add(std::span<const float> values) { add(std::as_bytes(values)); }
    uint64_t value() const;
    std::string hex() const;  // 16 digits

  private:
    void* state_;
};

}  // namespace rwkvk
