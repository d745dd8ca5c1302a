#pragma once
// A turn of a conversation from the moment that it is asked for to the one that it is kept.

#include "dialect.h"
#include "talk/ids.h"
#include "talk/keeper.h"

namespace rwkvk::server {

/// What it follows.
struct TurnWish {
    std::string owner;
    std::string conversation;             // its head; "": what is next
    std::optional<ResponseId> following;  // that turn; none: it begins a conversation of its own
};

class TurnUnderWay {
  public:
    /// Takes the lease, where it appends to a head, and reads what was said. Errors: ApiError: 404 where
    /// there is nothing of that name for this owner, 409 while somebody else appends, 503 when the store
    /// fails.
    TurnUnderWay(std::shared_ptr<Keeper> keeper, TurnWish wish);
    /// A lease ends, and what was begun for it and holds nothing goes.
    ~TurnUnderWay();
    TurnUnderWay(const TurnUnderWay&) = delete;
    TurnUnderWay& operator=(const TurnUnderWay&) = delete;

    /// Messages {role, content} of a chat.
    nlohmann::json history() const { return conversation_.messages(parent_); }
    /// Gives it a number: now it will be answered. Errors: as the constructor's.
    void begin();
    ResponseId id() const { return {conversation_.id, number_}; }
    std::string suffix() const { return to_text(id()).substr(5); }

    /// From now on it is there, unless the conversation was erased or appended to meanwhile. What is to be
    /// told of it:
    /// {"response", "conversation", "committed", "reason"}.
    nlohmann::json keep(Turn turn);

  private:
    void find(const TurnWish& wish);
    void release();

    const std::shared_ptr<Keeper> keeper_;
    Conversation conversation_;
    bool is_new_ = false, created_ = false, kept_ = false;
    uint64_t parent_ = 0, number_ = 0;
    std::optional<uint64_t> head_;  // as it was read; none: whatever it is
    std::string lease_;
};

/// 404.
ApiError no_such_conversation(const std::string& id);
/// Runs it with what stores throw as ApiError: 503, or 500 for what is damaged.
template <typename Body>
auto with_store(const Body& body) {
    try {
        return body();
    } catch (const StoreError& error) {
        throw unavailable("store_unavailable", error.what());
    } catch (const DamagedError& error) {
        throw ApiError(
            500, "server_error",
            std::string("the conversation in the store is damaged, and was left as it is: ") + error.what(),
            "conversation_damaged");
    }
}

}  // namespace rwkvk::server
