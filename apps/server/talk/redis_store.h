#pragma once

#include "state_store.h"
#include "store.h"

namespace rwkvk::server {

/// In a Redis or Valkey server that processes on many computers share. `where`: as read_redis_address has it.
/// Errors: std::invalid_argument; StoreError where it cannot be reached.
std::unique_ptr<Store> redis_store(const std::string& where, const std::string& password,
                                   StoreOptions options = {});
/// States in such a server, through connections of their own. Errors: likewise.
std::unique_ptr<StateStore> redis_states(const std::string& where, const std::string& password,
                                         StateStoreOptions options = {});

}  // namespace rwkvk::server
