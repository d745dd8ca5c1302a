#include "runtime/engine/fair_queue.h"

#include <algorithm>

namespace rwkvk::engine {

void FairQueue::leave_if_idle(const std::string& owner) {
    const auto there = owners_.find(owner);
    if (there->second.waiting.empty() && there->second.running == 0) owners_.erase(there);
}

void FairQueue::push(const std::string& owner, uint64_t id) {
    const auto least = std::ranges::min_element(owners_, {}, [](const auto& o) { return o.second.served; });
    // Who was away begins where the one is who was served least.
    const uint64_t served = least == owners_.end() ? 0 : least->second.served;
    owners_.try_emplace(owner, Owner{.waiting = {}, .served = served}).first->second.waiting.push_back(id);
    ++size_;
}

std::optional<uint64_t> FairQueue::pop() {
    auto next = owners_.end();
    for (auto owner = owners_.begin(); owner != owners_.end(); ++owner) {
        if (owner->second.waiting.empty()) continue;
        if (next == owners_.end() || owner->second.served < next->second.served ||
            (owner->second.served == next->second.served &&
             owner->second.waiting.front() < next->second.waiting.front()))
            next = owner;
    }
    if (next == owners_.end()) return std::nullopt;
    const uint64_t id = next->second.waiting.front();
    next->second.waiting.pop_front();
    ++next->second.running;
    --size_;
    return id;
}

bool FairQueue::remove(uint64_t id) {
    for (auto& [name, owner] : owners_) {
        const auto at = std::ranges::find(owner.waiting, id);
        if (at == owner.waiting.end()) continue;
        owner.waiting.erase(at);
        --size_;
        leave_if_idle(name);
        return true;
    }
    return false;
}

void FairQueue::end(const std::string& owner) {
    --owners_.at(owner).running;
    leave_if_idle(owner);
}

}  // namespace rwkvk::engine
