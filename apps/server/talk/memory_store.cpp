#include <algorithm>
#include <ctime>
#include <mutex>

#include "store.h"

namespace rwkvk::server {

Store::Store(StoreOptions options)
    : options_([&] {
          if (!options.now) options.now = [] { return static_cast<int64_t>(std::time(nullptr)); };
          return std::move(options);
      }()) {}

std::vector<Conversation> page_of(std::vector<Conversation> all, const std::string& after, size_t limit) {
    std::ranges::sort(all, [](const Conversation& a, const Conversation& b) {
        return std::tie(a.touched, a.id) > std::tie(b.touched, b.id);
    });
    if (!after.empty()) {
        const auto found = std::ranges::find(all, after, &Conversation::id);
        all.erase(all.begin(), found == all.end() ? found : found + 1);
    }
    if (all.size() > limit) all.resize(limit);
    return all;
}

namespace {

class MemoryStore final : public Store {
  public:
    MemoryStore(StoreOptions options, size_t most_bytes)
        : Store(std::move(options)), most_bytes_(most_bytes) {}

    std::optional<Conversation> get(const std::string& owner, const std::string& id) override {
        const std::lock_guard lock(mutex_);
        const Kept* const kept = find(id);
        return kept && kept->conversation.owner == owner ? std::optional(kept->conversation) : std::nullopt;
    }

    void create(const Conversation& conversation) override {
        const std::lock_guard lock(mutex_);
        Kept kept{conversation, stored_text(to_json(conversation)).size(), {}, 0};
        bytes_ += kept.bytes;
        all_[conversation.id] = std::move(kept);
        drop_the_oldest(conversation.id);
    }

    uint64_t reserve(const std::string& id) override {
        const std::lock_guard lock(mutex_);
        Kept* const kept = find(id);
        return kept ? ++kept->conversation.last : 0;
    }

    Committed commit(const std::string& id, const Turn& turn, std::optional<uint64_t> head) override {
        const std::lock_guard lock(mutex_);
        Kept* const kept = find(id);
        if (!kept) return Committed::gone;
        if (head && *head != kept->conversation.head) return Committed::conflict;
        const size_t bytes = stored_text(to_json(turn)).size();
        if (kept->bytes + bytes > most_conversation_bytes) throw FullError(id);
        kept->conversation.add(turn);
        kept->conversation.touched = now();
        kept->bytes += bytes;
        bytes_ += bytes;
        drop_the_oldest(id);
        return Committed::done;
    }

    bool replace(const std::string& id, const Turn& turn) override {
        const std::lock_guard lock(mutex_);
        Kept* const kept = find(id);
        if (!kept || !kept->conversation.turns.contains(turn.n)) return false;
        kept->conversation.turns[turn.n] = turn;
        return true;
    }

    bool set_metadata(const std::string& id, const nlohmann::json& metadata) override {
        const std::lock_guard lock(mutex_);
        Kept* const kept = find(id);
        if (!kept) return false;
        kept->conversation.metadata = metadata;
        return true;
    }

    bool erase(const std::string& owner, const std::string& id) override {
        const std::lock_guard lock(mutex_);
        const Kept* const kept = find(id);
        if (!kept || kept->conversation.owner != owner) return false;
        drop(id);
        return true;
    }

    std::vector<Conversation> list(const std::string& owner, const std::string& after,
                                   size_t limit) override {
        const std::lock_guard lock(mutex_);
        std::vector<Conversation> found;
        for (const auto& [id, kept] : all_) {
            if (kept.conversation.owner != owner || expired(kept.conversation)) continue;
            Conversation& summary = found.emplace_back();
            summary.id = id;
            summary.owner = owner;
            summary.created = kept.conversation.created;
            summary.touched = kept.conversation.touched;
            summary.metadata = kept.conversation.metadata;
            summary.head = kept.conversation.head;
        }
        return page_of(std::move(found), after, limit);
    }

    bool lease(const std::string& id, const std::string& holder) override {
        const std::lock_guard lock(mutex_);
        Kept* const kept = find(id);
        if (!kept) return true;  // that it is gone is told by who reads it
        if (!kept->holder.empty() && kept->holder != holder && kept->held_until > now()) return false;
        kept->holder = holder;
        kept->held_until = now() + options_.lease_time;
        return true;
    }

    bool renew(const std::string& id, const std::string& holder) override {
        const std::lock_guard lock(mutex_);
        Kept* const kept = find(id);
        if (!kept || kept->holder != holder) return false;
        kept->held_until = now() + options_.lease_time;
        return true;
    }

    void release(const std::string& id, const std::string& holder) override {
        const std::lock_guard lock(mutex_);
        Kept* const kept = find(id);
        if (kept && kept->holder == holder) kept->holder.clear();
    }

    void sweep() override {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> old;
        for (const auto& [id, kept] : all_)
            if (expired(kept.conversation)) old.push_back(id);
        for (const std::string& id : old) drop(id);
    }

  private:
    struct Kept {
        Conversation conversation;
        size_t bytes = 0;
        std::string holder;  // of the lease
        int64_t held_until = 0;
    };

    Kept* find(const std::string& id) {
        const auto found = all_.find(id);
        if (found == all_.end()) return nullptr;
        if (!expired(found->second.conversation)) return &found->second;
        drop(id);
        return nullptr;
    }

    void drop(const std::string& id) {
        const auto found = all_.find(id);
        bytes_ -= found->second.bytes;
        all_.erase(found);
    }

    void drop_the_oldest(const std::string& but) {
        while (bytes_ > most_bytes_ && all_.size() > 1) {
            const auto age = [&](const auto& entry) {
                return std::pair(entry.first == but, entry.second.conversation.touched);
            };
            const auto oldest = std::ranges::min_element(all_, {}, age);
            drop(std::string(oldest->first));
        }
    }

    const size_t most_bytes_;
    std::mutex mutex_;
    std::map<std::string, Kept> all_;
    size_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<Store> memory_store(StoreOptions options, size_t most_bytes) {
    return std::make_unique<MemoryStore>(std::move(options), most_bytes);
}

}  // namespace rwkvk::server
