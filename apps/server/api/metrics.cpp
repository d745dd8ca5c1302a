#include "metrics.h"

#include <algorithm>
#include <sstream>

namespace rwkvk::server {
namespace {

/// A value that stands for itself, with what it is.
template <typename Value>
void write(std::ostream& out, const char* kind, const char* name, const char* help, Value value) {
    out << "# HELP rwkvk_" << name << ' ' << help << "\n# TYPE rwkvk_" << name << ' ' << kind << "\nrwkvk_"
        << name << ' ' << value << '\n';
}

/// The value of a label, between quotes.
std::string quoted(const std::string& text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c == '\n' ? ' ' : c;
    }
    return quoted + '"';
}

template <typename Key>
void write_all(std::ostream& out, const char* name, const char* help, const char* label,
               const std::map<Key, uint64_t>& values) {
    out << "# HELP rwkvk_" << name << ' ' << help << "\n# TYPE rwkvk_" << name << " counter\n";
    for (const auto& [key, value] : values)
        out << "rwkvk_" << name << '{' << label << "=\"" << key << "\"} " << value << '\n';
}

}  // namespace

void Metrics::count_end(const std::string& finish, const Choice& choice, uint64_t fetched) {
    const uint64_t from_store = std::min(choice.cached_tokens, fetched);
    const std::lock_guard lock(mutex_);
    ++ends_[finish];
    cached_["store"] += from_store;
    cached_["memory"] += choice.cached_tokens - from_store;
    if (finish == "gone")
        ++gone_[choice.prompt_tokens == 0 ? "queue" : choice.tokens.empty() ? "prompt" : "answer"];
    if (finish != "stop" && finish != "length") return;
    const double before = choice.queued_seconds + choice.prompt_seconds;
    queued_.add(choice.queued_seconds);
    prompt_.add(choice.prompt_seconds);
    first_token_.add(before);
    answer_.add(choice.answer_seconds);
    whole_.add(before + choice.answer_seconds);
    if (choice.answer_tokens > 1)
        token_.add(choice.answer_seconds / static_cast<double>(choice.answer_tokens - 1));
}

void Metrics::count_error(int status) {
    const std::lock_guard lock(mutex_);
    ++errors_[status];
}

std::string Metrics::text(const Loaded& loaded, const StoreCounts::Values& store) const {
    const rwkvk_engine_info info = loaded.engine.info();
    const rwkvk_model_info model = loaded.model.info();
    std::ostringstream out;
    write(out, "gauge", "num_requests_running", "Sequences being answered", info.running);
    write(out, "gauge", "num_requests_waiting", "Sequences that wait for a slot", info.waiting);
    write(out, "gauge", "slots_total", "Sequences that can be answered at once", loaded.slots);
    write(out, "gauge", "kv_cache_usage_perc", "Share of the slots that are in use, 1: all",
          static_cast<double>(info.running) / loaded.slots);
    write(out, "gauge", "state_cache_bytes", "Host memory of kept states", info.kept_bytes);
    write(out, "gauge", "state_cache_states", "Kept states", info.kept_states);
    write(out, "gauge", "device_bytes", "Device memory in use", info.device_bytes);
    write(out, "counter", "prompt_tokens_total", "Tokens of prompts that were computed", info.prompt_tokens);
    write(out, "counter", "generation_tokens_total", "Tokens of answers", info.answer_tokens);
    write(out, "counter", "prefix_cache_queries_total", "Tokens of prompts looked up in it",
          info.cached_tokens + info.prompt_tokens);
    write(out, "counter", "steps_total", "Steps of the engine", info.steps);
    write(out, "counter", "device_lost_total", "Devices that were lost and replaced", info.rebuilds);
    write(out, "gauge", "store_up", "Whether the store of conversations answered when it was last asked",
          store.up ? 1 : 0);
    write(out, "counter", "conflicts_total", "Turns that were not added, since the head had moved",
          store.conflicts);
    write_all(out, "store_errors_total", "Calls of stores that failed", "op", store.errors);
    write_all(out, "store_states_total", "States of conversations, by what became of them", "what",
              store.states);
    const std::lock_guard lock(mutex_);
    write_all(out, "prefix_cache_hits_total", "Tokens of prompts found in the cache, by where from", "tier",
              cached_);
    write_all(out, "request_success_total", "Answers, by how they ended", "finished_reason", ends_);
    write_all(out, "client_gone_total", "Clients that left, by what was being done", "phase", gone_);
    queued_.write(out, "request_queue_time_seconds", "Until an answer's prompt was begun");
    prompt_.write(out, "request_prefill_time_seconds", "Until it was read");
    first_token_.write(out, "time_to_first_token_seconds", "Both");
    answer_.write(out, "request_decode_time_seconds", "Of an answer, from its first token to its last");
    token_.write(out, "request_time_per_output_token_seconds",
                 "Of each token of an answer but the first, its mean");
    whole_.write(out, "e2e_request_latency_seconds", "All of it");
    write_all(out, "request_errors_total", "Requests that were refused or failed, by status", "code",
              errors_);
    out << "# HELP rwkvk_build_info What answers\n# TYPE rwkvk_build_info gauge\nrwkvk_build_info{version="
        << quoted(rwkvk_version()) << ",model=" << quoted(model.name)
        << ",device=" << quoted(loaded.engine.device()) << "} 1\n";
    return out.str();
}

}  // namespace rwkvk::server
