#include "store_counts.h"

namespace rwkvk::server {

void StoreCounts::answered() {
    const std::lock_guard lock(mutex_);
    values_.up = true;
}

void StoreCounts::failed(const std::string& operation) {
    const std::lock_guard lock(mutex_);
    values_.up = false;
    ++values_.errors[operation];
}

void StoreCounts::state_failed(const std::string& operation) {
    const std::lock_guard lock(mutex_);
    ++values_.errors[operation];
}

void StoreCounts::count_conflict() {
    const std::lock_guard lock(mutex_);
    ++values_.conflicts;
}

void StoreCounts::count_state(const std::string& what) {
    const std::lock_guard lock(mutex_);
    ++values_.states[what];
}

StoreCounts::Values StoreCounts::values() const {
    const std::lock_guard lock(mutex_);
    return values_;
}

namespace {

class CountedStore final : public Store {
  public:
    CountedStore(std::shared_ptr<Store> store, std::shared_ptr<StoreCounts> counts)
        : Store({}), store_(std::move(store)), counts_(std::move(counts)) {}

    std::optional<Conversation> get(const std::string& owner, const std::string& id) override {
        return counted("get", [&] { return store_->get(owner, id); });
    }
    void create(const Conversation& conversation) override {
        counted("create", [&] { store_->create(conversation); });
    }
    uint64_t reserve(const std::string& id) override {
        return counted("reserve", [&] { return store_->reserve(id); });
    }
    Committed commit(const std::string& id, const Turn& turn, std::optional<uint64_t> head) override {
        const Committed result = counted("commit", [&] { return store_->commit(id, turn, head); });
        if (result == Committed::conflict) counts_->count_conflict();
        return result;
    }
    bool replace(const std::string& id, const Turn& turn) override {
        return counted("replace", [&] { return store_->replace(id, turn); });
    }
    bool set_metadata(const std::string& id, const nlohmann::json& metadata) override {
        return counted("set_metadata", [&] { return store_->set_metadata(id, metadata); });
    }
    bool erase(const std::string& owner, const std::string& id) override {
        return counted("erase", [&] { return store_->erase(owner, id); });
    }
    std::vector<Conversation> list(const std::string& owner, const std::string& after,
                                   size_t limit) override {
        return counted("list", [&] { return store_->list(owner, after, limit); });
    }
    bool lease(const std::string& id, const std::string& holder) override {
        return counted("lease", [&] { return store_->lease(id, holder); });
    }
    bool renew(const std::string& id, const std::string& holder) override {
        return counted("renew", [&] { return store_->renew(id, holder); });
    }
    void release(const std::string& id, const std::string& holder) override {
        counted("release", [&] { store_->release(id, holder); });
    }
    void sweep() override {
        counted("sweep", [&] { store_->sweep(); });
    }

  private:
    /// What a conversation is at fault for is no failure of the store.
    template <typename Call>
    auto counted(const char* operation, const Call& call) -> decltype(call()) {
        struct Answered {
            StoreCounts& counts;
            bool failed = false;
            ~Answered() {
                if (!failed) counts.answered();
            }
        } answered{*counts_};
        try {
            return call();
        } catch (const FullError&) {
            throw;
        } catch (const StoreError&) {
            answered.failed = true;
            counts_->failed(operation);
            throw;
        }
    }

    const std::shared_ptr<Store> store_;
    const std::shared_ptr<StoreCounts> counts_;
};

}  // namespace

std::shared_ptr<Store> counted_store(std::shared_ptr<Store> store, std::shared_ptr<StoreCounts> counts) {
    return std::make_shared<CountedStore>(std::move(store), std::move(counts));
}

}  // namespace rwkvk::server
