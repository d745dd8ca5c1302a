#include "turn_states.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <iostream>

#include "api_error.h"
#include "fingerprint.h"
#include "openai.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

// Fewer tokens are read sooner than a state of some megabytes is fetched.
constexpr size_t least_tokens = 64;
constexpr size_t turns_tried = 2;  // from the last one back: a server that died may have left none of it
constexpr size_t most_waiting = 64;
constexpr std::chrono::seconds patience{600}, time_to_finish{10};

/// How many messages there are up to an answer that others follow, the longest first.
std::vector<size_t> ends_of_turns(const json& messages) {
    std::vector<size_t> ends;
    for (size_t count = messages.size(); count-- > 1 && ends.size() < turns_tried;)
        if (messages[count - 1].at("role") == "assistant") ends.push_back(count);
    return ends;
}

Prompt prompt_of(const SaidSoFar& said) {
    return answered_prompt(Fields(said.chat), said.loaded, said.defaults);
}

/// Of so many of its messages.
std::vector<Token> tokens_of(SaidSoFar said, size_t count) {
    json& messages = said.chat["messages"];
    messages.erase(messages.begin() + static_cast<ptrdiff_t>(count), messages.end());
    return prompt_of(said).tokens();
}

bool begins_with(const std::vector<Token>& all, const std::vector<Token>& first) {
    return first.size() < all.size() && std::equal(first.begin(), first.end(), all.begin());
}

/// Errors: ApiError.
Snapshot read_from_client(const Model& model, const std::string& file) {
    try {
        return Snapshot(model, file.data(), file.size());
    } catch (const Error& error) {
        throw bad_request(error.what());
    }
}

/// Of a prompt that is read, as far as it is not in the cache. None where that fails.
std::optional<Snapshot> snapshot_of(const SaidSoFar& said, const Prompt& prompt) {
    rwkvk_engine_request request = engine_request();
    request.prompt = prompt.handle();
    request.max_tokens = 0;
    request.wants_snapshot = 1;
    request.owner = request.domain = said.owner.c_str();
    // It may still be told the promise is kept when this call has its snapshot.
    const auto read = std::make_shared<std::promise<std::optional<Snapshot>>>();
    auto snapshot = read->get_future();
    said.loaded.engine.submit(request, [read, &model = said.loaded.model](const rwkvk_engine_event& event) {
        if (event.kind != RWKVK_EVENT_DONE) return;
        read->set_value(event.snapshot ? std::optional(Snapshot(model, event.snapshot)) : std::nullopt);
    });
    return snapshot.wait_for(patience) == std::future_status::ready ? snapshot.get() : std::nullopt;
}

}  // namespace

std::string state_address(const std::string& system_fingerprint, const std::string& owner,
                          const std::vector<Token>& tokens) {
    std::string address;
    for (const uint64_t half : {1, 2}) {  // 64 bits of each
        app::Fingerprint print;
        print.add(&half, 1);
        for (const std::string* const part : {&system_fingerprint, &owner}) {
            const uint64_t bytes = part->size();  // so that the end of one is not the beginning of the other
            print.add(&bytes, 1);
            print.add(part->data(), part->size());
        }
        print.add(tokens);
        address += print.hex();
    }
    return address;
}

TurnStates::TurnStates(std::shared_ptr<StateStore> store, std::shared_ptr<StoreCounts> counts)
    : store_(std::move(store)), counts_(std::move(counts)), thread_([this] { run(); }) {}

TurnStates::~TurnStates() { finish(); }

size_t TurnStates::fetch(const SaidSoFar& said, const std::vector<Token>& prompt) {
    if (!store_) return 0;
    try {
        const size_t cached = said.loaded.engine.cached(said.owner, prompt);
        for (const size_t end : ends_of_turns(said.chat.at("messages"))) {
            const std::vector<Token> tokens = tokens_of(said, end);
            if (tokens.size() < cached + least_tokens) return 0;
            if (!begins_with(prompt, tokens)) continue;
            const auto found = find(said, tokens);
            counts_->count_state(found ? "fetched" : "missing");
            if (!found) continue;
            said.loaded.engine.keep(said.owner, *found);
            return tokens.size();
        }
    } catch (const std::exception&) {  // it is read from text; what the store does is counted
    }
    return 0;
}

/// What is damaged is none.
std::optional<Snapshot> TurnStates::find(const SaidSoFar& said, const std::vector<Token>& tokens) {
    const std::string address = state_address(said.loaded.system_fingerprint, said.owner, tokens);
    const auto bytes = transfer("get_state", [&] { return store_->get_state(address); });
    if (!bytes) return std::nullopt;
    try {
        Snapshot snapshot(said.loaded.model, bytes->data(), bytes->size());
        if (snapshot.tokens() == tokens) return snapshot;
        drop_damaged(address, "its tokens are not those of its address");
    } catch (const Error& error) {
        drop_damaged(address, error.what());
    }
    return std::nullopt;
}

void TurnStates::drop_damaged(const std::string& address, const char* why) {
    counts_->count_state("damaged");
    std::cerr << "rwkvk: store: the state " + address + " is damaged and was deleted: " + why + "\n"
              << std::flush;
    transfer("erase_state", [&] { store_->erase_state(address); });
}

void TurnStates::save(std::shared_ptr<const SaidSoFar> said, json answer) {
    if (!store_) return;
    const bool waits = post([this, said = std::move(said), answer = std::move(answer)] {
        SaidSoFar all = *said;
        all.chat["messages"].push_back(answer);
        save_now(std::move(all));
    });
    if (!waits) counts_->count_state("dropped");
}

bool TurnStates::encode(SaidSoFar said, std::function<void(std::string file)> take) {
    return post([said = std::move(said), take = std::move(take)] {
        const auto snapshot = snapshot_of(said, prompt_of(said));
        take(snapshot ? snapshot->encode() : "");
    });
}

size_t TurnStates::bring(const SaidSoFar& said, const std::string& file) {
    const std::vector<Token> tokens = prompt_of(said).tokens();
    const Snapshot snapshot = read_from_client(said.loaded.model, file);
    if (snapshot.tokens() != tokens) {
        throw bad_request("the state is not one of this conversation: expected that of its " +
                          std::to_string(tokens.size()) + " tokens, found one of " +
                          std::to_string(snapshot.tokens().size()) + ", or of other words");
    }
    said.loaded.engine.keep(said.owner, snapshot);
    if (store_) post([this, said, tokens, file] { put(said, tokens, file); });
    return tokens.size();
}

/// False: too many wait.
bool TurnStates::post(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    if (finished_ || waiting_.size() == most_waiting) return false;
    waiting_.push_back(std::move(task));
    changed_.notify_one();
    return true;
}

void TurnStates::finish() {
    {
        const std::lock_guard lock(mutex_);
        finished_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void TurnStates::run() {
    std::optional<std::chrono::steady_clock::time_point> end;
    for (;;) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return finished_ || !waiting_.empty(); });
        const auto now = std::chrono::steady_clock::now();
        if (finished_ && !end) end = now + time_to_finish;
        if (waiting_.empty() || (end && now >= *end)) return;
        const std::function<void()> task = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        try {
            task();
        } catch (const std::exception&) {  // what the store does is counted
        }
    }
}

void TurnStates::save_now(SaidSoFar said) {
    const Prompt prompt = prompt_of(said);
    const std::vector<Token> tokens = prompt.tokens();
    if (tokens.size() < least_tokens) return;
    std::optional<Snapshot> snapshot;
    try {
        snapshot = snapshot_of(said, prompt);
    } catch (const Error&) {  // as many wait for the engine as may
    }
    if (!snapshot) return counts_->count_state("dropped");  // whoever goes on from it reads it
    put(said, tokens, snapshot->encode());
}

void TurnStates::put(const SaidSoFar& said, const std::vector<Token>& tokens, const std::string& file) {
    const std::string address = state_address(said.loaded.system_fingerprint, said.owner, tokens);
    transfer("put_state", [&] { store_->put_state(address, file); });
    counts_->count_state("saved");
}

template <typename Call>
auto TurnStates::transfer(const char* operation, const Call& call) -> decltype(call()) {
    struct Place {
        explicit Place(std::counting_semaphore<2>& of) : places(of) { places.acquire(); }
        ~Place() { places.release(); }
        std::counting_semaphore<2>& places;
    } const place(transfers_);
    try {
        return call();
    } catch (const StoreError&) {
        counts_->state_failed(operation);
        throw;
    }
}

}  // namespace rwkvk::server
