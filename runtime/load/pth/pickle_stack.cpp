#include "runtime/load/pth/pickle_stack.h"

#include "runtime/load/limits.h"

namespace rwkvk::load {

Error damaged_before(const ByteReader& in, const std::string& problem) {
    return damaged(in.where(), concat(problem, ", before byte ", in.position()));
}

void PickleStack::push(const Value& value) {
    if (values_.size() >= max_pickle_stack) {
        throw damaged_before(in_, concat("more than ", max_pickle_stack, " values open"));
    }
    values_.push_back(value);
}

Value PickleStack::pop() {
    const Value value = top();
    values_.pop_back();
    return value;
}

Value PickleStack::pop(Kind kind) {
    top(kind);
    return pop();
}

const Value& PickleStack::top() const { return values_[last(1)]; }

const Value& PickleStack::top(Kind kind) const { return checked(top(), kind); }

const Value& PickleStack::below(size_t first, Kind kind) const {
    if (first <= floor()) throw damaged_before(in_, "a value is missing on the stack");
    return checked(values_[first - 1], kind);
}

const Value& PickleStack::checked(const Value& value, Kind kind) const {
    if (value.kind != kind) {
        throw damaged_before(in_, concat("expected ", name_of(kind), ", found ", name_of(value.kind)));
    }
    return value;
}

void PickleStack::push_mark() {
    if (marks_.size() >= max_pickle_stack) throw damaged_before(in_, "too many open marks");
    marks_.push_back(static_cast<uint32_t>(values_.size()));
}

size_t PickleStack::pop_mark() {
    if (marks_.empty()) throw damaged_before(in_, "a mark is missing on the stack");
    const size_t first = marks_.back();
    marks_.pop_back();
    return first;
}

size_t PickleStack::last(size_t count) const {
    if (values_.size() - floor() < count) throw damaged_before(in_, "a value is missing on the stack");
    return values_.size() - count;
}

}  // namespace rwkvk::load
