#pragma once
// The stack of the pickle machine: every access checked, nothing below the newest mark within reach.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/load/bytes.h"
#include "runtime/load/pth/pickle.h"

namespace rwkvk::load {

/// The error for the opcode that `in` has just read.
Error damaged_before(const ByteReader& in, const std::string& problem);

/// Errors of all members: Code::bad_file.
class PickleStack {
  public:
    /// `in` only tells errors where they are.
    explicit PickleStack(const ByteReader& in) : in_(in) {}

    bool empty() const { return values_.empty() && marks_.empty(); }
    void push(const Value& value);
    Value pop();
    Value pop(Kind kind);
    const Value& top() const;
    const Value& top(Kind kind) const;

    void push_mark();
    /// Removes the newest mark; returns where the values above it start.
    size_t pop_mark();
    /// Where the newest `count` values start.
    size_t last(size_t count) const;
    /// The value below those that start at `first`.
    const Value& below(size_t first, Kind kind) const;
    std::span<const Value> from(size_t first) const { return std::span(values_).subspan(first); }
    void drop_from(size_t first) { values_.resize(first); }

  private:
    const Value& checked(const Value& value, Kind kind) const;
    size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

    const ByteReader& in_;
    std::vector<Value> values_;
    std::vector<uint32_t> marks_;  // how many values lay below each
};

}  // namespace rwkvk::load
