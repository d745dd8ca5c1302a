#pragma once
// States of conversations in a store that servers share: left there when a turn ends, fetched where another
// server goes on. They save reading, and change nothing of what is answered.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <semaphore>
#include <thread>

#include "job.h"
#include "talk/state_store.h"
#include "talk/store_counts.h"

namespace rwkvk::server {

/// What was said in a chat, and who said it.
struct SaidSoFar {
    Loaded& loaded;  // outlives it
    JobDefaults defaults;
    std::string owner;
    nlohmann::json chat;  // of its members messages, and what is said of tools
};

/// What a state is made of: its model and numerics, whose it is, and its tokens.
std::string state_address(const std::string& system_fingerprint, const std::string& owner,
                          const std::vector<Token>& tokens);

class TurnStates {
  public:
    /// `store` null: nothing is shared: fetch and save do nothing.
    TurnStates(std::shared_ptr<StateStore> store, std::shared_ptr<StoreCounts> counts);
    ~TurnStates();

    /// Brings a state of what was said into the engine's cache, where the store has one that saves reading
    /// some of this prompt. How many of its tokens that holds; 0: there was none, or it is not needed.
    /// Blocks.
    size_t fetch(const SaidSoFar& said, const std::vector<Token>& prompt);
    /// The file of a state of it, whose last message is an answer, soon and on a thread of its own; "": it
    /// could not be read. False: too many wait.
    bool encode(SaidSoFar said, std::function<void(std::string file)> take);
    /// A client brings such a file: as though it had been read here. How many tokens it holds. Errors:
    /// ApiError, also where it is one of other words.
    size_t bring(const SaidSoFar& said, const std::string& file);
    /// Leaves a state of it and its answer, a message, in the store: soon, on a thread of its own.
    void save(std::shared_ptr<const SaidSoFar> said, nlohmann::json answer);
    /// Saves what waits, for some seconds; from then on nothing.
    void finish();

  private:
    std::optional<Snapshot> find(const SaidSoFar& said, const std::vector<Token>& tokens);
    void drop_damaged(const std::string& address, const char* why);
    void run();
    bool post(std::function<void()> task);
    void save_now(SaidSoFar said);
    void put(const SaidSoFar& said, const std::vector<Token>& tokens, const std::string& file);
    template <typename Call>
    auto transfer(const char* operation, const Call& call) -> decltype(call());

    const std::shared_ptr<StateStore> store_;
    const std::shared_ptr<StoreCounts> counts_;
    std::counting_semaphore<2> transfers_{2};  // at once: they are large
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> waiting_;
    bool finished_ = false;
    std::thread thread_;
};

}  // namespace rwkvk::server
