// rwkvk.hpp: rwkvk.h with owners instead of handles and exceptions instead of status codes. C++17, header
// only. What each call does, its units and errors, is said in rwkvk.h; threads likewise.
#ifndef RWKVK_HPP
#define RWKVK_HPP

#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rwkvk.h"

namespace rwkvk {
inline namespace v1 {

using Token = rwkvk_token;

/// A call that failed. `what()` is one line for a person.
class Error : public std::runtime_error {
  public:
    Error(rwkvk_status status, const std::string& reason) : std::runtime_error(reason), status_(status) {}
    rwkvk_status status() const { return status_; }

  private:
    rwkvk_status status_;
};

/// A *_params struct with its defaults.
inline rwkvk_context_params context_params() {
    rwkvk_context_params params;
    rwkvk_context_params_default(&params, sizeof params);
    return params;
}
inline rwkvk_sampler_params sampler_params() {
    rwkvk_sampler_params params;
    rwkvk_sampler_params_default(&params, sizeof params);
    return params;
}
inline rwkvk_chat_params chat_params() {
    rwkvk_chat_params params;
    rwkvk_chat_params_default(&params, sizeof params);
    return params;
}

namespace detail {

template <typename T>
struct Deleter;
#define RWKVK_HPP_DELETER(kind)                                               \
    template <>                                                               \
    struct Deleter<rwkvk_##kind> {                                            \
        void operator()(rwkvk_##kind* p) const { rwkvk_##kind##_destroy(p); } \
    }
RWKVK_HPP_DELETER(model);
RWKVK_HPP_DELETER(tokenizer);
RWKVK_HPP_DELETER(context);
RWKVK_HPP_DELETER(sampler);
RWKVK_HPP_DELETER(stream);
RWKVK_HPP_DELETER(chat);
#undef RWKVK_HPP_DELETER
template <typename T>
using Owner = std::unique_ptr<T, Deleter<T>>;

using RuntimePointer = std::shared_ptr<rwkvk_runtime>;

inline void check(const RuntimePointer& runtime, rwkvk_status status) {
    if (status == RWKVK_OK) return;
    const char* reason = rwkvk_last_error(runtime.get());
    throw Error(status, *reason ? reason : rwkvk_status_name(status));
}

/// The string for C, where it would end at a NUL inside.
inline const char* c_string(const std::string& text, const char* what) {
    if (text.find('\0') == text.npos) return text.c_str();
    throw Error(RWKVK_BAD_TEXT,
                std::string(what) + ": expected text, found a NUL character in it: take it out");
}

/// Calls back into C++ from C: an exception of the callback waits until the call has returned.
template <typename Call>
void rethrowing(const RuntimePointer& runtime, std::exception_ptr& thrown, const Call& call) {
    const rwkvk_status status = call();
    if (thrown) std::rethrow_exception(thrown);
    check(runtime, status);
}

}  // namespace detail

class Tokenizer {
  public:
    Tokenizer(detail::RuntimePointer runtime, rwkvk_tokenizer* handle)
        : runtime_(std::move(runtime)), handle_(handle) {}

    std::vector<Token> encode(std::string_view text) const {
        std::vector<Token> tokens(text.size());
        size_t count = 0;
        const auto write = [&] {
            detail::check(runtime_, rwkvk_tokenize(handle_.get(), text.data(), text.size(), tokens.data(),
                                                   tokens.size(), &count));
            const bool complete = count <= tokens.size();
            tokens.resize(count);
            return complete;
        };
        if (!write()) write();  // rare: normalisation can make a text longer
        return tokens;
    }
    std::string_view text(Token token) const {
        size_t bytes = 0;
        const char* text = rwkvk_token_text(handle_.get(), token, &bytes);
        return {text, bytes};
    }
    int64_t end_of_text() const { return rwkvk_tokenizer_end_of_text(handle_.get()); }
    uint32_t vocabulary() const { return rwkvk_tokenizer_vocabulary(handle_.get()); }
    std::string kind() const { return rwkvk_tokenizer_kind(handle_.get()); }
    std::string source() const { return rwkvk_tokenizer_source(handle_.get()); }
    rwkvk_tokenizer* handle() const { return handle_.get(); }
    const detail::RuntimePointer& runtime() const { return runtime_; }

  private:
    detail::RuntimePointer runtime_;
    detail::Owner<rwkvk_tokenizer> handle_;
};

class Model {
  public:
    Model(detail::RuntimePointer runtime, rwkvk_model* handle)
        : runtime_(std::move(runtime)), handle_(handle) {}

    rwkvk_model_info info() const {
        rwkvk_model_info info{};
        info.size = sizeof info;
        detail::check(runtime_, rwkvk_model_info_get(handle_.get(), &info));
        return info;
    }
    std::string fingerprint() const {
        char hex[17];
        detail::check(runtime_, rwkvk_model_fingerprint(handle_.get(), hex));
        return hex;
    }
    Tokenizer tokenizer(const std::string& path = {}) const {
        rwkvk_tokenizer* tokenizer = nullptr;
        detail::check(runtime_, rwkvk_tokenizer_open_for_model(
                                    handle_.get(), path.empty() ? nullptr : path.c_str(), &tokenizer));
        return {runtime_, tokenizer};
    }
    /// What its file recommends, else `params`.
    rwkvk_sampler_params sampling(rwkvk_sampler_params params = sampler_params()) const {
        detail::check(runtime_, rwkvk_model_sampling(handle_.get(), &params));
        return params;
    }
    rwkvk_model* handle() const { return handle_.get(); }
    const detail::RuntimePointer& runtime() const { return runtime_; }

  private:
    detail::RuntimePointer runtime_;
    detail::Owner<rwkvk_model> handle_;
};

/// A file that changes a model's matrices.
struct Adapter {
    std::string path;
    float scale = 1.0f;
};

using Log = std::function<void(int32_t level, const char* line)>;

class Runtime {
  public:
    /// `cache_folder`: as in rwkvk_runtime_params.
    explicit Runtime(Log log = {}, const char* cache_folder = nullptr)
        : log_(std::make_shared<Log>(std::move(log))) {
        rwkvk_runtime_params params;
        rwkvk_runtime_params_default(&params, sizeof params);
        params.cache_folder = cache_folder;
        if (*log_)
            params.log = [](void* user, int32_t level, const char* line) {
                (*static_cast<Log*>(user))(level, line);
            };
        params.log_user = log_.get();
        rwkvk_runtime* handle = nullptr;
        const rwkvk_status status = rwkvk_runtime_create(&params, &handle);
        if (status != RWKVK_OK) throw Error(status, rwkvk_status_name(status));
        // What is made from the runtime keeps it, and it keeps the log.
        handle_ = {handle, [log = log_](rwkvk_runtime* runtime) { rwkvk_runtime_destroy(runtime); }};
    }

    /// The Vulkan devices; the CPU is always there besides.
    std::vector<rwkvk_device_info> devices() const {
        uint32_t count = 0;
        check(rwkvk_runtime_device_count(handle_.get(), &count));
        std::vector<rwkvk_device_info> devices(count);
        for (uint32_t i = 0; i < count; ++i) {
            devices[i].size = sizeof devices[i];
            check(rwkvk_runtime_device_info(handle_.get(), i, &devices[i]));
        }
        return devices;
    }
    /// `weights`: as in rwkvk_model_params; empty: the file's.
    Model load(const std::string& path, const std::vector<Adapter>& adapters = {},
               const std::string& weights = {}) const {
        return with_params(adapters, weights, [&](const rwkvk_model_params& params, rwkvk_model** model) {
            return rwkvk_model_load(handle_.get(), path.c_str(), &params, model);
        });
    }
    /// A file in memory, which must not change while the model or a context of it lives.
    Model load_memory(const void* data, size_t bytes, const std::string& name,
                      const std::vector<Adapter>& adapters = {}, const std::string& weights = {}) const {
        return with_params(adapters, weights, [&](const rwkvk_model_params& params, rwkvk_model** model) {
            return rwkvk_model_load_memory(handle_.get(), data, bytes, name.c_str(), &params, model);
        });
    }
    /// A vocabulary file of any kind; without a path, ids are bytes.
    Tokenizer tokenizer(const std::string& path = {}) const {
        rwkvk_tokenizer* tokenizer = nullptr;
        check(rwkvk_tokenizer_open(handle_.get(), path.empty() ? nullptr : path.c_str(), &tokenizer));
        return {handle_, tokenizer};
    }
    uint64_t validation_messages() const { return rwkvk_runtime_validation_messages(handle_.get()); }

    /// Throws the Error that the status stands for.
    void check(rwkvk_status status) const { detail::check(handle_, status); }
    rwkvk_runtime* handle() const { return handle_.get(); }
    const detail::RuntimePointer& shared() const { return handle_; }

  private:
    template <typename Load>
    Model with_params(const std::vector<Adapter>& adapters, const std::string& weights,
                      const Load& load) const {
        std::vector<rwkvk_adapter> list;
        for (const Adapter& adapter : adapters) list.push_back({adapter.path.c_str(), adapter.scale});
        rwkvk_model_params params;
        rwkvk_model_params_default(&params, sizeof params);
        params.adapters = list.data();
        params.adapter_count = list.size();
        if (!weights.empty()) params.weights = detail::c_string(weights, "weights");
        rwkvk_model* model = nullptr;
        check(load(params, &model));
        return {handle_, model};
    }

    std::shared_ptr<Log> log_;
    detail::RuntimePointer handle_;
};

using LogitsSink = std::function<void(size_t item, size_t position, const float* logits, size_t count)>;

/// How many of a call's tokens have been run. It must not throw.
using FeedProgress = std::function<void(size_t done, size_t total)>;

class Context {
  public:
    explicit Context(const Model& model, const rwkvk_context_params& params = context_params())
        : runtime_(model.runtime()) {
        rwkvk_context* handle = nullptr;
        detail::check(runtime_, rwkvk_context_create(model.handle(), &params, &handle));
        handle_.reset(handle);
        const rwkvk_model_info info = model.info();
        vocabulary_ = info.vocabulary;
        state_elements_ = info.state_elements;
    }

    std::string device() const { return rwkvk_context_device(handle_.get()); }
    uint64_t device_bytes() const { return rwkvk_context_device_bytes(handle_.get()); }
    void feed(const std::vector<rwkvk_feed_item>& items, const LogitsSink& sink, uint32_t chunk = 0) {
        struct Call {
            const LogitsSink& sink;
            std::exception_ptr thrown;
        } call{sink, nullptr};
        const auto forward = [](void* user, size_t item, size_t position, const float* logits, size_t count) {
            auto& to = *static_cast<Call*>(user);
            if (to.thrown) return;
            try {
                to.sink(item, position, logits, count);
            } catch (...) {
                to.thrown = std::current_exception();
            }
        };
        detail::rethrowing(runtime_, call.thrown, [&] {
            return rwkvk_feed(handle_.get(), items.data(), items.size(), chunk, forward, &call);
        });
    }
    /// Logits of the last token.
    std::vector<float> eval(uint32_t slot, const std::vector<Token>& tokens) {
        std::vector<float> logits(vocabulary_);
        detail::check(runtime_, rwkvk_eval(handle_.get(), slot, tokens.data(), tokens.size(), logits.data()));
        return logits;
    }
    void interrupt() { rwkvk_context_interrupt(handle_.get()); }
    /// Told of every feed of this context; {}: nobody is.
    void on_progress(FeedProgress progress) {
        auto kept = std::make_unique<FeedProgress>(std::move(progress));
        const auto forward = [](void* user, size_t done, size_t total) {
            (*static_cast<FeedProgress*>(user))(done, total);
        };
        detail::check(runtime_,
                      rwkvk_context_on_progress(handle_.get(), *kept ? +forward : nullptr, kept.get()));
        progress_ = std::move(kept);
    }

    void reset(uint32_t slot) { detail::check(runtime_, rwkvk_state_reset(handle_.get(), slot)); }
    void copy(uint32_t from, uint32_t to) {
        detail::check(runtime_, rwkvk_state_copy(handle_.get(), from, to));
    }
    std::vector<float> state(uint32_t slot) {
        std::vector<float> values(state_elements_);
        detail::check(runtime_, rwkvk_state_get(handle_.get(), slot, values.data(), values.size()));
        return values;
    }
    void set_state(uint32_t slot, const std::vector<float>& values) {
        detail::check(runtime_, rwkvk_state_set(handle_.get(), slot, values.data(), values.size()));
    }
    /// What every sequence begins with, from a file; an empty path: the model's own.
    void load_initial(const std::string& path) {
        detail::check(runtime_,
                      rwkvk_state_load_initial(handle_.get(), path.empty() ? nullptr : path.c_str()));
    }
    void save(uint32_t slot, const std::string& path, uint64_t position) {
        detail::check(runtime_, rwkvk_state_save(handle_.get(), slot, path.c_str(), position));
    }
    /// The position that was saved.
    uint64_t load(uint32_t slot, const std::string& path) {
        uint64_t position = 0;
        detail::check(runtime_, rwkvk_state_load(handle_.get(), slot, path.c_str(), &position));
        return position;
    }
    rwkvk_context* handle() const { return handle_.get(); }
    const detail::RuntimePointer& runtime() const { return runtime_; }

  private:
    detail::RuntimePointer runtime_;
    std::unique_ptr<FeedProgress> progress_;  // outlives the handle that calls it
    detail::Owner<rwkvk_context> handle_;
    uint32_t vocabulary_ = 0;
    uint64_t state_elements_ = 0;
};

class Sampler {
  public:
    explicit Sampler(const Runtime& runtime, const rwkvk_sampler_params& params = sampler_params())
        : runtime_(runtime.shared()) {
        rwkvk_sampler* handle = nullptr;
        detail::check(runtime_, rwkvk_sampler_create(runtime_.get(), &params, &handle));
        handle_.reset(handle);
    }
    void bias(Token token, float value) {
        detail::check(runtime_, rwkvk_sampler_bias(handle_.get(), token, value));
    }
    Token sample(const std::vector<float>& logits) {
        Token token = 0;
        detail::check(runtime_, rwkvk_sampler_sample(handle_.get(), logits.data(), logits.size(), &token));
        return token;
    }
    void forget() { detail::check(runtime_, rwkvk_sampler_forget(handle_.get())); }
    rwkvk_sampler* handle() const { return handle_.get(); }

  private:
    detail::RuntimePointer runtime_;
    detail::Owner<rwkvk_sampler> handle_;
};

/// Text of tokens as it can be shown.
class Stream {
  public:
    explicit Stream(const Tokenizer& tokenizer, const std::vector<std::string>& stops = {})
        : runtime_(tokenizer.runtime()) {
        std::vector<const char*> pointers;
        for (const std::string& stop : stops) pointers.push_back(detail::c_string(stop, "stop string"));
        rwkvk_stream* handle = nullptr;
        detail::check(runtime_,
                      rwkvk_stream_create(tokenizer.handle(), pointers.data(), pointers.size(), &handle));
        handle_.reset(handle);
    }
    /// Valid until the next call.
    std::string_view push(Token token) {
        const char* text = nullptr;
        size_t bytes = 0;
        int32_t stopped = 0;
        detail::check(runtime_, rwkvk_stream_push(handle_.get(), token, &text, &bytes, &stopped));
        stopped_ = stopped != 0;
        return {text, bytes};
    }
    std::string_view finish() {
        const char* text = nullptr;
        size_t bytes = 0;
        detail::check(runtime_, rwkvk_stream_finish(handle_.get(), &text, &bytes));
        return {text, bytes};
    }
    bool stopped() const { return stopped_; }

  private:
    detail::RuntimePointer runtime_;
    detail::Owner<rwkvk_stream> handle_;
    bool stopped_ = false;
};

/// `part` is one of RWKVK_PART_*; false stops the answer.
using TextSink = std::function<bool(int32_t part, std::string_view text)>;

class Chat {
  public:
    Chat(Context& context, const Tokenizer& tokenizer, const rwkvk_chat_params& params = chat_params())
        : runtime_(tokenizer.runtime()) {
        rwkvk_chat* handle = nullptr;
        detail::check(runtime_, rwkvk_chat_create(context.handle(), tokenizer.handle(), &params, &handle));
        handle_.reset(handle);
    }

    rwkvk_chat_reply say(const std::string& text, const TextSink& sink) {
        const char* message = detail::c_string(text, "message");
        return answer(sink, [&](rwkvk_text_fn forward, void* user, rwkvk_chat_reply* reply) {
            return rwkvk_chat_say(handle_.get(), message, forward, user, reply);
        });
    }
    rwkvk_chat_reply regenerate(const TextSink& sink) {
        return answer(sink, [&](rwkvk_text_fn forward, void* user, rwkvk_chat_reply* reply) {
            return rwkvk_chat_regenerate(handle_.get(), forward, user, reply);
        });
    }
    rwkvk_sampler_params sampling() const {
        rwkvk_sampler_params params = sampler_params();
        detail::check(runtime_, rwkvk_chat_sampling_get(handle_.get(), &params));
        return params;
    }
    void sampling(const rwkvk_sampler_params& params) {
        detail::check(runtime_, rwkvk_chat_sampling_set(handle_.get(), &params));
    }
    void bias(Token token, float value) {
        detail::check(runtime_, rwkvk_chat_bias(handle_.get(), token, value));
    }
    void undo() { detail::check(runtime_, rwkvk_chat_undo(handle_.get())); }
    void reset() { detail::check(runtime_, rwkvk_chat_reset(handle_.get(), nullptr)); }
    void reset(const std::string& system) {
        detail::check(runtime_, rwkvk_chat_reset(handle_.get(), detail::c_string(system, "system text")));
    }
    uint32_t fork() {
        uint32_t branch = 0;
        detail::check(runtime_, rwkvk_chat_fork(handle_.get(), &branch));
        return branch;
    }
    void select(uint32_t branch) { detail::check(runtime_, rwkvk_chat_select(handle_.get(), branch)); }
    void save(const std::string& path) {
        detail::check(runtime_, rwkvk_chat_save(handle_.get(), path.c_str()));
    }
    void load(const std::string& path) {
        detail::check(runtime_, rwkvk_chat_load(handle_.get(), path.c_str()));
    }
    rwkvk_chat_info info() const {
        rwkvk_chat_info info{};
        info.size = sizeof info;
        detail::check(runtime_, rwkvk_chat_info_get(handle_.get(), &info));
        return info;
    }
    std::vector<Token> tokens() const {
        size_t count = 0;
        detail::check(runtime_, rwkvk_chat_tokens(handle_.get(), nullptr, 0, &count));
        std::vector<Token> tokens(count);
        detail::check(runtime_, rwkvk_chat_tokens(handle_.get(), tokens.data(), tokens.size(), &count));
        return tokens;
    }
    rwkvk_chat* handle() const { return handle_.get(); }

  private:
    template <typename Call>
    rwkvk_chat_reply answer(const TextSink& sink, const Call& call) {
        struct State {
            const TextSink& sink;
            std::exception_ptr thrown;
        } state{sink, nullptr};
        const auto forward = [](void* user, int32_t part, const char* text, size_t bytes) -> int32_t {
            auto& to = *static_cast<State*>(user);
            if (to.thrown) return 0;
            try {
                return to.sink(part, std::string_view(text, bytes));
            } catch (...) {
                to.thrown = std::current_exception();
                return 0;
            }
        };
        rwkvk_chat_reply reply{};
        reply.size = sizeof reply;
        detail::rethrowing(runtime_, state.thrown, [&] { return call(forward, &state, &reply); });
        return reply;
    }

    detail::RuntimePointer runtime_;
    detail::Owner<rwkvk_chat> handle_;
};

}  // namespace v1
}  // namespace rwkvk

#endif
