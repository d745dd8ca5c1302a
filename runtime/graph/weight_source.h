#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/catalogue/catalogue.h"

namespace rwkvk {

/// Where a backend gets weights from: a file, or a generator. Everything is already fit for exact arithmetic:
/// finite, and nothing below 2^-50. Thread-safe.
class WeightSource {
  public:
    struct Shape {
        uint32_t out, in;  // of a vector: 1, elements
        WeightFormat format;
    };

    /// What the tensors do not tell, where something else does.
    struct Facts {
        std::optional<uint32_t> head_size;
        std::optional<float> norm_epsilon, group_epsilon;  // of the norms of rows and of heads
    };

    virtual ~WeightSource() = default;
    virtual Facts facts() const { return {}; }
    virtual std::optional<Shape> find(const std::string& name) const = 0;
    virtual std::vector<std::string> names() const = 0;
    /// Stored elements of whole rows. `stored` holds rows * stored_bytes(format, in).
    virtual void read_rows(const std::string& name, uint32_t first, uint32_t rows,
                           std::byte* stored) const = 0;
    /// All elements as float32, in their order.
    virtual std::vector<float> read_vector(const std::string& name) const = 0;
};

}  // namespace rwkvk
