#pragma once

#include <rwkvk_tools.h>

#include <new>
#include <string>
#include <vector>

namespace rwkvk::app {

/// XXH3-64 over whatever is added, in order.
class Fingerprint {
  public:
    Fingerprint() {
        if (rwkvk_hasher_create(&hasher_) != RWKVK_OK) throw std::bad_alloc();
    }
    ~Fingerprint() { rwkvk_hasher_destroy(hasher_); }
    Fingerprint(const Fingerprint&) = delete;
    Fingerprint& operator=(const Fingerprint&) = delete;

    template <typename T>
    void add(const T* values, size_t count) {
        rwkvk_hasher_add(hasher_, values, count * sizeof(T));
    }
    template <typename T>
    void add(const std::vector<T>& values) {
        add(values.data(), values.size());
    }
    std::string hex() const {
        char digits[17];
        rwkvk_hasher_hex(hasher_, digits);
        return digits;
    }

  private:
    rwkvk_hasher* hasher_ = nullptr;
};

}  // namespace rwkvk::app
