// rwkvk_engine.hpp: rwkvk_engine.h with owners and exceptions, as rwkvk.hpp is rwkvk.h.
#ifndef RWKVK_ENGINE_HPP
#define RWKVK_ENGINE_HPP

#include "rwkvk.hpp"
#include "rwkvk_engine.h"

namespace rwkvk {
inline namespace v1 {

inline rwkvk_engine_params engine_params() {
    rwkvk_engine_params params;
    rwkvk_engine_params_default(&params, sizeof params);
    return params;
}
inline rwkvk_engine_request engine_request() {
    rwkvk_engine_request request;
    rwkvk_engine_request_default(&request, sizeof request);
    return request;
}
inline rwkvk_prompt_params prompt_params() {
    rwkvk_prompt_params params;
    rwkvk_prompt_params_default(&params, sizeof params);
    return params;
}

namespace detail {
template <>
struct Deleter<rwkvk_prompt> {
    void operator()(rwkvk_prompt* p) const { rwkvk_prompt_destroy(p); }
};
template <>
struct Deleter<rwkvk_snapshot> {
    void operator()(rwkvk_snapshot* p) const { rwkvk_snapshot_destroy(p); }
};
template <>
struct Deleter<rwkvk_engine> {
    void operator()(rwkvk_engine* p) const { rwkvk_engine_destroy(p); }
};
}  // namespace detail

struct ToolCall {
    std::string name, arguments;  // a JSON object
};

struct Message {
    std::string role, text;
    std::vector<ToolCall> calls = {};  // of an assistant's
};

/// A conversation as tokens.
class Prompt {
  public:
    Prompt(const Model& model, const Tokenizer& tokenizer, const std::vector<Message>& messages,
           const rwkvk_prompt_params& params = prompt_params())
        : runtime_(model.runtime()) {
        std::vector<rwkvk_message> list;
        std::vector<std::vector<rwkvk_tool_call>> calls;
        for (const Message& message : messages) {
            auto& own = calls.emplace_back();
            for (const ToolCall& call : message.calls) {
                own.push_back(
                    {detail::c_string(call.name, "name"), detail::c_string(call.arguments, "arguments")});
            }
            list.push_back({detail::c_string(message.role, "role"), detail::c_string(message.text, "message"),
                            own.data(), own.size()});
        }
        rwkvk_prompt* handle = nullptr;
        detail::check(runtime_, rwkvk_prompt_create(model.handle(), tokenizer.handle(), &params, list.data(),
                                                    list.size(), &handle));
        handle_.reset(handle);
    }
    std::vector<Token> tokens() const {
        size_t count = 0;
        const Token* tokens = rwkvk_prompt_tokens(handle_.get(), &count);
        return {tokens, tokens + count};
    }
    std::string text() const {
        size_t bytes = 0;
        const char* text = rwkvk_prompt_text(handle_.get(), &bytes);
        return {text, bytes};
    }
    /// How answers are drawn, with the seed of `params`.
    rwkvk_sampler_params sampling(rwkvk_sampler_params params = sampler_params()) const {
        detail::check(runtime_, rwkvk_prompt_sampling(handle_.get(), &params));
        return params;
    }
    rwkvk_prompt* handle() const { return handle_.get(); }

  private:
    detail::RuntimePointer runtime_;
    detail::Owner<rwkvk_prompt> handle_;
};

inline bool is_snapshot(const std::string& path) {
    return rwkvk_is_snapshot(detail::c_string(path, "path")) != 0;
}

/// A state in host memory.
class Snapshot {
  public:
    Snapshot(const Model& model, const std::string& path) : runtime_(model.runtime()) {
        rwkvk_snapshot* handle = nullptr;
        detail::check(runtime_, rwkvk_snapshot_read(model.handle(), detail::c_string(path, "path"), &handle));
        handle_.reset(handle);
    }
    /// Of bytes that encode() gave, from whomever they come.
    Snapshot(const Model& model, const void* bytes, size_t count) : runtime_(model.runtime()) {
        rwkvk_snapshot* handle = nullptr;
        detail::check(runtime_, rwkvk_snapshot_decode(model.handle(), bytes, count, &handle));
        handle_.reset(handle);
    }
    /// Of an event, beyond it.
    Snapshot(const Model& model, const rwkvk_snapshot* snapshot)
        : runtime_(model.runtime()), handle_(rwkvk_snapshot_share(snapshot)) {}
    void write(const std::string& path) const {
        detail::check(runtime_, rwkvk_snapshot_write(handle_.get(), detail::c_string(path, "path")));
    }
    uint64_t position() const { return rwkvk_snapshot_position(handle_.get()); }
    std::vector<float> values() const {
        size_t count = 0;
        const float* values = rwkvk_snapshot_values(handle_.get(), &count);
        return {values, values + count};
    }
    /// None where they are not known.
    std::vector<Token> tokens() const {
        size_t count = 0;
        const Token* tokens = rwkvk_snapshot_tokens(handle_.get(), &count);
        return {tokens, tokens + count};
    }
    /// The bytes of a file, with the tokens.
    std::string encode() const {
        size_t values = 0, tokens = 0, count = 0;
        rwkvk_snapshot_values(handle_.get(), &values);
        rwkvk_snapshot_tokens(handle_.get(), &tokens);
        std::string bytes(values * sizeof(float) + tokens * sizeof(Token) + 65536, '\0');
        for (bool whole = false; !whole; bytes.resize(count)) {
            detail::check(runtime_, rwkvk_snapshot_encode(handle_.get(), bytes.data(), bytes.size(), &count));
            whole = count <= bytes.size();
        }
        return bytes;
    }
    rwkvk_snapshot* handle() const { return handle_.get(); }

  private:
    detail::RuntimePointer runtime_;
    detail::Owner<rwkvk_snapshot> handle_;
};

/// Must not throw.
using EventSink = std::function<void(const rwkvk_engine_event& event)>;

class Engine {
  public:
    Engine(const Model& model, const Tokenizer& tokenizer,
           const rwkvk_engine_params& params = engine_params())
        : runtime_(model.runtime()) {
        rwkvk_engine* handle = nullptr;
        detail::check(runtime_, rwkvk_engine_create(model.handle(), tokenizer.handle(), &params, &handle));
        handle_.reset(handle);
    }

    std::string device() const { return rwkvk_engine_device(handle_.get()); }
    /// `event` and `user` of the request are set here. Returns its number.
    uint64_t submit(rwkvk_engine_request request, EventSink sink) {
        return with_sink(std::move(sink), [&](rwkvk_event_fn event, void* user, uint64_t* id) {
            request.event = event;
            request.user = user;
            return rwkvk_engine_submit(handle_.get(), &request, id);
        });
    }
    uint64_t fork(uint64_t of, uint64_t seed, EventSink sink) {
        return with_sink(std::move(sink), [&](rwkvk_event_fn event, void* user, uint64_t* id) {
            return rwkvk_engine_fork(handle_.get(), of, seed, event, user, id);
        });
    }
    void cancel(uint64_t id) { rwkvk_engine_cancel(handle_.get(), id); }
    /// So many of these first tokens would be found in the cache.
    size_t cached(const std::string& domain, const std::vector<Token>& tokens) {
        size_t count = 0;
        detail::check(runtime_, rwkvk_engine_cached(handle_.get(), detail::c_string(domain, "domain"),
                                                    tokens.data(), tokens.size(), &count));
        return count;
    }
    /// For prompts that begin with its tokens.
    void keep(const std::string& domain, const Snapshot& snapshot) {
        detail::check(runtime_, rwkvk_engine_keep(handle_.get(), detail::c_string(domain, "domain"),
                                                  snapshot.handle()));
    }
    /// Whether there is more to do.
    bool step(uint32_t budget_us = 0) {
        int32_t more = 0;
        detail::check(runtime_, rwkvk_engine_step(handle_.get(), budget_us, &more));
        return more != 0;
    }
    rwkvk_engine_info info() const {
        rwkvk_engine_info info{};
        info.size = sizeof info;
        detail::check(runtime_, rwkvk_engine_info_get(handle_.get(), &info));
        return info;
    }
    rwkvk_engine* handle() const { return handle_.get(); }

  private:
    /// The sink lives until the request is done.
    template <typename Call>
    uint64_t with_sink(EventSink sink, const Call& call) {
        auto kept = std::make_unique<EventSink>(std::move(sink));
        const auto forward = [](void* user, const rwkvk_engine_event* event) {
            auto* const to = static_cast<EventSink*>(user);
            (*to)(*event);
            if (event->kind == RWKVK_EVENT_DONE) delete to;
        };
        uint64_t id = 0;
        EventSink* const given = kept.release();  // which another thread may delete before the call returns
        const rwkvk_status status = call(forward, given, &id);
        if (status != RWKVK_OK) kept.reset(given);
        detail::check(runtime_, status);
        return id;
    }

    detail::RuntimePointer runtime_;
    detail::Owner<rwkvk_engine> handle_;
};

}  // namespace v1
}  // namespace rwkvk
#endif
