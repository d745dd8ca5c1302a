#pragma once

#include "command.h"
#include "pooling.h"
#include "sampling_flags.h"

namespace rwkvk::app {

struct ServeFlags {
    CommonFlags common;
    SamplingFlags sampling;
    std::optional<uint64_t> seed;
    std::string host = "127.0.0.1", format, key_file, store, state_store;
    int32_t thinking = RWKVK_THINK_FAST, tool_form = RWKVK_TOOLS_OF_TEMPLATE;
    Pooling pooling = Pooling::mean;
    std::vector<std::string> keys, names, allowed_hosts, origins;
    uint16_t port = 8080;
    uint32_t parallel = 8, queue = 64, max_tokens = 32768, threads = 2;
    uint32_t conversation_days = 30, state_hours = 24;
    uint64_t store_bytes = 16'000'000'000;
    uint64_t cache_megabytes = 1024, body_megabytes = 4;
    bool insecure = false, slots = false, no_webui = false, ollama = true;
};

/// Until a signal ends it. Errors: rwkvk::Error, std::runtime_error.
void serve(ServeFlags flags);

}  // namespace rwkvk::app
