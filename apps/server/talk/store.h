#pragma once
// Where conversations are kept. All calls may block, and may come from any thread.

#include <functional>
#include <memory>
#include <optional>

#include "conversation.h"

namespace rwkvk::server {

/// The store cannot be reached, or refuses: another try may go better.
struct StoreError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A conversation has as many bytes as it may have.
struct FullError : StoreError {
    explicit FullError(const std::string& id)
        : StoreError("the conversation " + id + " is full: begin another") {}
};

enum class Committed { done, gone /* erased meanwhile */, conflict /* the head has moved */ };

struct StoreOptions {
    int64_t ttl = 30 * 86400;           // seconds without a change after which a conversation is gone
    int64_t lease_time = 15;            // seconds
    std::function<int64_t()> now = {};  // seconds; for tests
};

class Store {
  public:
    explicit Store(StoreOptions options);
    virtual ~Store() = default;

    // Errors of all: StoreError. Ids are those that is_conversation_id knows; others are never there.

    /// None where there is none, or it is somebody else's. Errors: also DamagedError.
    virtual std::optional<Conversation> get(const std::string& owner, const std::string& id) = 0;
    virtual void create(const Conversation& conversation) = 0;
    /// A number for a new turn, never given out before; 0: it is gone.
    virtual uint64_t reserve(const std::string& id) = 0;
    /// Adds a turn whose number was reserved and makes it the head. `head`: as it was read; none: whatever it
    /// is.
    virtual Committed commit(const std::string& id, const Turn& turn, std::optional<uint64_t> head) = 0;
    /// In the place of the turn of its number; the head stays. False: there is none.
    virtual bool replace(const std::string& id, const Turn& turn) = 0;
    virtual bool set_metadata(const std::string& id, const nlohmann::json& metadata) = 0;
    virtual bool erase(const std::string& owner, const std::string& id) = 0;
    /// The latest first, without their turns; those that follow `after` (an id; "": from the first on).
    virtual std::vector<Conversation> list(const std::string& owner, const std::string& after,
                                           size_t limit) = 0;

    /// Who appends holds it, so that nobody works for nothing; it ends by itself. False: somebody else does.
    virtual bool lease(const std::string& id, const std::string& holder) = 0;
    virtual bool renew(const std::string& id, const std::string& holder) = 0;
    virtual void release(const std::string& id, const std::string& holder) = 0;

    /// Drops, every hour, what has expired, where the store does not do so by itself.
    virtual void sweep() {}

  protected:
    int64_t now() const { return options_.now(); }
    bool expired(const Conversation& conversation) const {
        return conversation.touched + options_.ttl <= now();
    }
    const StoreOptions options_;
};

/// They live as long as the process; at most so many bytes of text, the longest untouched ones go first.
std::unique_ptr<Store> memory_store(StoreOptions options = {}, size_t most_bytes = 256 << 20);
/// In files, which several processes may share. Errors: StoreError when it cannot be written to.
std::unique_ptr<Store> folder_store(const std::string& folder, StoreOptions options = {});

/// "": in memory; else a folder, or redis://USER@HOST:PORT/NUMBER, redis+unix:PATH where the program was
/// built with it. Errors: StoreError, std::invalid_argument for an address that is none.
std::unique_ptr<Store> open_store(const std::string& where, StoreOptions options = {});

/// Cuts those out that follow `after`, the latest first.
std::vector<Conversation> page_of(std::vector<Conversation> all, const std::string& after, size_t limit);

}  // namespace rwkvk::server
