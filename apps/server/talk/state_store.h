#pragma once
// Where states of models are kept that servers share. They are a cache: what is not there is read again from
// text, with the same bits. An address says what made a state, so whoever puts two there puts the same bytes.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace rwkvk::server {

constexpr size_t most_state_bytes = 256 << 20;  // of one

struct StateStoreOptions {
    int64_t ttl = 86400;                             // seconds that one is kept for after its last use
    uint64_t most_bytes = uint64_t{16'000'000'000};  // of all, where no server keeps count itself
    std::function<int64_t()> now = {};               // seconds; for tests
};

/// All calls may block, and may come from any thread.
class StateStore {
  public:
    explicit StateStore(StateStoreOptions options);
    virtual ~StateStore() = default;

    // Errors of all: StoreError. Addresses are those that is_state_address knows; others are never there.

    /// None where there is none, or it has expired. Counts as a use. What comes back is not to be trusted.
    virtual std::optional<std::string> get_state(const std::string& address) = 0;
    /// Nothing but a use where there is one already.
    virtual void put_state(const std::string& address, const std::string& bytes) = 0;
    virtual void erase_state(const std::string& address) = 0;

  protected:
    int64_t now() const { return options_.now(); }
    const StateStoreOptions options_;
};

/// 32 hexadecimal digits.
bool is_state_address(std::string_view address);

std::unique_ptr<StateStore> memory_states(StateStoreOptions options = {});
/// Files in s/<2>/ of the folder. Errors: StoreError when it cannot be written to.
std::unique_ptr<StateStore> folder_states(const std::string& folder, StateStoreOptions options = {});

/// A folder, or an address as open_store has it. Errors: as there.
std::unique_ptr<StateStore> open_states(const std::string& where, StateStoreOptions options = {});

}  // namespace rwkvk::server
