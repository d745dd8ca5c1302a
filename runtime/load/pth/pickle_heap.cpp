#include "runtime/load/pth/pickle.h"

namespace rwkvk::load {

const char* name_of(Kind kind) {
    constexpr const char* names[] = {"nothing", "None",   "a bool", "an integer", "a float",   "text",
                                     "a tuple", "a list", "a dict", "a class",    "a storage", "a tensor"};
    return names[static_cast<size_t>(kind)];
}

uint32_t PickleHeap::add_container() {
    containers_.emplace_back();
    return static_cast<uint32_t>(containers_.size() - 1);
}

void PickleHeap::append(uint32_t container, const Value& key, const Value& value) {
    const auto added = static_cast<uint32_t>(cells_.size());
    cells_.push_back({.key = key, .value = value});
    Container& owner = containers_[container];
    (owner.size == 0 ? owner.first : cells_[owner.last].next) = added;
    owner.last = added;
    ++owner.size;
}

}  // namespace rwkvk::load
