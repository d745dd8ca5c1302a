#pragma once
// What a state dict's pickle describes, as plain data: values in arenas that refer to each other by index, so
// that neither reading nor destroying hostile nesting recurses. Strings stay in the file.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "runtime/load/bytes.h"

namespace rwkvk::load {

enum class Kind : uint8_t {
    unset,
    none,
    boolean,
    integer,
    real,
    text,  // str or bytes
    tuple,
    list,
    dict,
    global,      // `index`: global_at
    persistent,  // a storage; `index`: the tuple that names it
    tensor       // `index`: the arguments it is built from; `integer`: global_at of what builds it
};

const char* name_of(Kind kind);

/// 16 bytes, because there may be millions in one file.
struct Value {
    Kind kind = Kind::unset;
    uint32_t index = 0;  // of the container, or the length of the text
    union {
        int64_t integer = 0;
        double real;
        const char* chars;
    };

    Value() = default;
    explicit Value(Kind new_kind, uint32_t new_index = 0) : kind(new_kind), index(new_index) {}
    static Value of_integer(int64_t integer, Kind kind = Kind::integer) {
        Value value(kind);
        value.integer = integer;
        return value;
    }
    static Value of_boolean(bool boolean) { return of_integer(boolean, Kind::boolean); }
    static Value of_real(double real) {
        Value value(Kind::real);
        value.real = real;
        return value;
    }
    /// `text` stays where it is and is shorter than 4 GiB.
    static Value of_text(std::string_view text) {
        Value value(Kind::text, static_cast<uint32_t>(text.size()));
        value.chars = text.data();
        return value;
    }

    std::string_view text() const { return {chars, index}; }
    bool is_container() const { return kind == Kind::tuple || kind == Kind::list || kind == Kind::dict; }
};

/// The entries of all tuples, lists and dictionaries, chained in their order.
class PickleHeap {
  public:
    static constexpr uint32_t end = ~uint32_t{0};
    struct Cell {
        Value key;  // unset outside dictionaries
        Value value;
        uint32_t next = end;
    };

    uint32_t add_container();
    void append(uint32_t container, const Value& key, const Value& value);

    uint32_t size(uint32_t container) const { return containers_[container].size; }
    /// Null at the end: `for (auto* cell = heap.first(c); cell; cell = heap.next(*cell))`.
    const Cell* first(uint32_t container) const { return cell_at(containers_[container].first); }
    const Cell* next(const Cell& cell) const { return cell_at(cell.next); }

  private:
    struct Container {
        uint32_t first = end;
        uint32_t last = end;
        uint32_t size = 0;
    };
    const Cell* cell_at(uint32_t index) const { return index == end ? nullptr : &cells_[index]; }

    // Deques, because a growing vector would hold its contents twice.
    std::deque<Cell> cells_;
    std::deque<Container> containers_;
};

struct Pickle {
    PickleHeap heap;
    Value root;
    std::deque<uint32_t> storages;  // the tuple of every persistent id, as they came
    size_t objects = 0;             // how much of the budget it used
};

/// Runs the restricted stack machine (protocols 2 to 5) up to STOP and leaves `in` behind it. Nothing is
/// executed: the few callables that a state dict needs become labelled values, all others are refused.
/// `max_objects` bounds cells, containers and memo entries together.
/// Errors: Code::bad_file (damaged, over a limit); Code::unsupported (an opcode or name that is not a state
/// dict's).
Pickle read_pickle(ByteReader& in, size_t max_objects);

}  // namespace rwkvk::load
