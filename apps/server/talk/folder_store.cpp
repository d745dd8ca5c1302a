#include <filesystem>
#include <sstream>

#include "ids.h"
#include "locked_file.h"
#include "store.h"

namespace rwkvk::server {
namespace {

/// c/<2>/<id>.json, changed by whoever holds <id>.lock, whose words are the lease: "HOLDER UNTIL".
class FolderStore final : public Store {
  public:
    FolderStore(const std::string& folder, StoreOptions options)
        : Store(std::move(options)), folder_(folder + "/c") {
        make_folder(folder);
        make_folder(folder_);
        replace_stored_file(folder + "/rwkvk-store", "1\n");  // tells at the start whether it can be written
    }

    std::optional<Conversation> get(const std::string& owner, const std::string& id) override {
        std::optional<Conversation> found = read(id);
        return found && found->owner == owner ? std::move(found) : std::nullopt;
    }

    void create(const Conversation& conversation) override {
        make_folder(folder_ + "/" + part_of(conversation.id));
        const LockedFile lock(path(conversation.id, ".lock"));
        write(conversation);
    }

    uint64_t reserve(const std::string& id) override {
        uint64_t n = 0;
        change(id, [&](Conversation& conversation) { n = ++conversation.last; });
        return n;
    }

    Committed commit(const std::string& id, const Turn& turn, std::optional<uint64_t> head) override {
        Committed committed = Committed::gone;
        change(id, [&](Conversation& conversation) {
            committed = head && *head != conversation.head ? Committed::conflict : Committed::done;
            if (committed != Committed::done) return;
            conversation.add(turn);
            conversation.touched = now();
        });
        return committed;
    }

    bool replace(const std::string& id, const Turn& turn) override {
        bool replaced = false;
        change(id, [&](Conversation& conversation) {
            replaced = conversation.turns.contains(turn.n);
            if (replaced) conversation.turns[turn.n] = turn;
        });
        return replaced;
    }

    bool set_metadata(const std::string& id, const nlohmann::json& metadata) override {
        return change(id, [&](Conversation& conversation) { conversation.metadata = metadata; });
    }

    bool erase(const std::string& owner, const std::string& id) override {
        if (!exists(id)) return false;
        LockedFile lock(path(id, ".lock"));
        const std::optional<Conversation> found = read(id);
        if (!found || found->owner != owner) return false;
        std::filesystem::remove(path(id, ".json"));
        lock.remove();
        return true;
    }

    std::vector<Conversation> list(const std::string& owner, const std::string& after,
                                   size_t limit) override {
        std::vector<Conversation> found;
        for (const std::string& id : ids()) {
            try {
                std::optional<Conversation> one = get(owner, id);
                if (!one) continue;
                one->turns.clear();
                found.push_back(std::move(*one));
            } catch (const DamagedError&) {  // is told to who asks for it
            }
        }
        return page_of(std::move(found), after, limit);
    }

    bool lease(const std::string& id, const std::string& holder) override {
        if (!exists(id)) return true;  // that it is gone is told by who reads it
        LockedFile lock(path(id, ".lock"));
        const Lease held = lease_of(lock);
        if (!held.holder.empty() && held.holder != holder && held.until > now()) return false;
        lock.set_words(holder + " " + std::to_string(now() + options_.lease_time));
        return true;
    }

    bool renew(const std::string& id, const std::string& holder) override {
        if (!exists(id)) return false;
        LockedFile lock(path(id, ".lock"));
        if (lease_of(lock).holder != holder) return false;
        lock.set_words(holder + " " + std::to_string(now() + options_.lease_time));
        return true;
    }

    void release(const std::string& id, const std::string& holder) override {
        if (!exists(id)) return;
        LockedFile lock(path(id, ".lock"));
        if (lease_of(lock).holder == holder) lock.set_words("");
    }

    void sweep() override {
        for (const std::string& id : ids()) {
            LockedFile lock(path(id, ".lock"));
            try {
                if (read(id)) continue;
            } catch (const DamagedError&) {
                continue;  // is left to look at
            }
            std::error_code gone;
            std::filesystem::remove(path(id, ".json"), gone);
            lock.remove();
        }
    }

  private:
    struct Lease {
        std::string holder;
        int64_t until = 0;
    };

    static std::string part_of(const std::string& id) { return id.substr(5, 2); }

    std::string path(const std::string& id, const char* ending) const {
        return folder_ + "/" + part_of(id) + "/" + id + ending;
    }

    bool exists(const std::string& id) const {
        std::error_code error;
        return is_conversation_id(id) && std::filesystem::exists(path(id, ".json"), error);
    }

    /// None where there is none, or it has expired.
    std::optional<Conversation> read(const std::string& id) const {
        if (!is_conversation_id(id)) return std::nullopt;
        const std::string file = path(id, ".json");
        const auto text = read_stored_file(file, most_conversation_bytes);
        if (!text) return std::nullopt;
        try {
            Conversation conversation = read_stored_conversation(*text);
            if (conversation.id != id) throw DamagedError("it is that of another conversation");
            return expired(conversation) ? std::nullopt : std::optional(std::move(conversation));
        } catch (const DamagedError& error) {
            throw DamagedError(file + ": " + error.what());
        }
    }

    void write(const Conversation& conversation) const {
        const std::string text = stored_text(to_json(conversation));
        if (text.size() > most_conversation_bytes) throw FullError(conversation.id);
        replace_stored_file(path(conversation.id, ".json"), text);
    }

    template <typename Change>
    bool change(const std::string& id, const Change& change) {
        if (!exists(id)) return false;
        const LockedFile lock(path(id, ".lock"));
        std::optional<Conversation> conversation = read(id);
        if (!conversation) return false;
        change(*conversation);
        write(*conversation);
        return true;
    }

    static Lease lease_of(const LockedFile& lock) {
        Lease lease;
        std::istringstream words(lock.words());
        words >> lease.holder >> lease.until;
        return lease;
    }

    std::vector<std::string> ids() const {
        std::vector<std::string> ids;
        std::error_code error;
        std::filesystem::recursive_directory_iterator files(folder_, error), end;
        for (; !error && files != end; files.increment(error)) {
            const std::filesystem::path& file = files->path();
            if (file.extension() == ".json" && is_conversation_id(file.stem().string()))
                ids.push_back(file.stem().string());
        }
        if (error) throw StoreError("store: " + folder_ + ": cannot be listed: " + error.message());
        return ids;
    }

    const std::string folder_;
};

}  // namespace

std::unique_ptr<Store> folder_store(const std::string& folder, StoreOptions options) {
    return std::make_unique<FolderStore>(folder, std::move(options));
}

}  // namespace rwkvk::server
