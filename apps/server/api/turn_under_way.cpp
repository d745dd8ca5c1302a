#include "turn_under_way.h"

#include <ctime>

namespace rwkvk::server {

using nlohmann::json;

ApiError no_such_conversation(const std::string& id) {
    return {404, "not_found_error", "there is no conversation or response " + id, "conversation_not_found"};
}

TurnUnderWay::TurnUnderWay(std::shared_ptr<Keeper> keeper, TurnWish wish) : keeper_(std::move(keeper)) {
    try {
        with_store([&] { find(wish); });
        if (conversation_.turns.size() >= most_turns)
            throw bad_request("the conversation has " + std::to_string(most_turns) + " turns: begin another");
    } catch (...) {
        release();
        throw;
    }
}

void TurnUnderWay::find(const TurnWish& wish) {
    const bool appends = !wish.conversation.empty();
    is_new_ = !appends && !wish.following;
    if (is_new_) {
        conversation_.id = new_conversation_id();
        conversation_.owner = wish.owner;
        conversation_.created = conversation_.touched = std::time(nullptr);
        return;
    }
    const std::string id = appends ? wish.conversation : wish.following->conversation;
    conversation_.id = id;
    // Before it is leased: a stranger must not keep its owner out.
    auto found = keeper_->store().get(wish.owner, id);
    if (found && appends) {
        lease_ = keeper_->hold(id);
        if (lease_.empty())
            throw ApiError(409, "conflict_error",
                           "another answer is being added to " + id + ": try again soon",
                           "conversation_busy");
        found = keeper_->store().get(wish.owner, id);
    }
    if (!found) throw no_such_conversation(id);
    conversation_ = std::move(*found);
    parent_ = appends ? conversation_.head : wish.following->turn;
    if (appends) {
        head_ = parent_;
    } else if (parent_ != 0 &&
               (!conversation_.turns.contains(parent_) || conversation_.turns[parent_].deleted)) {
        throw no_such_conversation(to_text(*wish.following));
    }
}

TurnUnderWay::~TurnUnderWay() {
    if (lease_.empty() && (!created_ || kept_)) return;
    // On the keeper's thread: this one may be the engine's.
    keeper_->post([keeper = keeper_.get(), id = conversation_.id, owner = conversation_.owner, lease = lease_,
                   erase = created_ && !kept_] {
        try {
            if (!lease.empty()) keeper->release(id, lease);
            if (erase) keeper->store().erase(owner, id);
        } catch (const std::exception&) {  // it expires
        }
    });
}

void TurnUnderWay::release() {
    if (!lease_.empty()) keeper_->release(conversation_.id, lease_);
    lease_.clear();
}

void TurnUnderWay::begin() {
    with_store([&] {
        if (is_new_) keeper_->store().create(conversation_);
        created_ = is_new_;
        number_ = keeper_->store().reserve(conversation_.id);
    });
    if (number_ == 0) throw no_such_conversation(conversation_.id);
}

json TurnUnderWay::keep(Turn turn) {
    turn.n = number_;
    turn.parent = parent_;
    turn.created = std::time(nullptr);
    json told = {{"response", to_text(id())}, {"conversation", conversation_.id}, {"committed", false}};
    try {
        const Committed result = keeper_->store().commit(conversation_.id, turn, head_);
        kept_ = result == Committed::done;
        if (result == Committed::conflict) told["reason"] = "conversation_changed";
        if (result == Committed::gone) told["reason"] = "conversation_not_found";
    } catch (const std::exception&) {
        told["reason"] = "store_unavailable";
    }
    told["committed"] = kept_;
    release();
    return told;
}

}  // namespace rwkvk::server
