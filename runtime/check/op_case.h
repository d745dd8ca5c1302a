#pragma once
// A single step with its data: what op tests, self-tests and mutation tests feed to both backends.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/catalogue/catalogue.h"

namespace rwkvk::check {

struct OpCase {
    struct Matrix {
        uint32_t out, in;
        WeightFormat format;
        std::vector<std::byte> stored;  // [out][in]
    };
    Op op;
    Params params;
    std::vector<std::vector<uint32_t>> slots;  // contents before the step, as bits; empty for the matrix
    std::optional<Matrix> matrix;
    std::string description;
};

enum class CaseSet {
    quick,  // one small shape per op: the self-test of a device
    full,  // awkward shapes: sizes that are no multiple of anything, single rows, many rows, ragged sequences
};

/// Cases with data that shows faults: full significands, exponents -12 to 11, cancellation, mixed signs.
std::vector<OpCase> make_cases(Op op, CaseSet set, uint64_t seed);

/// Deterministic random numbers for checks.
class Random {
  public:
    explicit Random(uint64_t seed) : state_(seed) {}
    uint64_t next();
    uint32_t below(uint32_t bound) { return static_cast<uint32_t>(next() >> 32) % bound; }
    /// A float with a full random significand, an exponent from `low` to `high`, and a random sign.
    float number(int low = -12, int high = 11);

  private:
    uint64_t state_;
};

}  // namespace rwkvk::check
