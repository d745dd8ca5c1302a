#pragma once
// An answer on its way from the engine to a client.

#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "http/server.h"
#include "job.h"

namespace rwkvk::server {

/// As far as it has come.
struct Choice {
    std::string text, reasoning;
    std::vector<Token> tokens;
    std::string finish;  // "stop" or "length"; "" while it comes
    uint64_t seed = 0, prompt_tokens = 0, cached_tokens = 0, answer_tokens = 0, reasoning_tokens = 0;
    double prompt_seconds = 0, answer_seconds = 0;
};

/// How answers are worded. Null stands for nothing to say.
class Dialect {
  public:
    virtual ~Dialect() = default;
    virtual nlohmann::json whole(const std::vector<Choice>& choices) const = 0;
    // The same in pieces:
    virtual nlohmann::json opening(size_t choice) const = 0;
    virtual nlohmann::json piece(size_t choice, const std::string& text,
                                 const std::string& reasoning) const = 0;
    virtual nlohmann::json closing(size_t choice, const Choice& all) const = 0;
    virtual nlohmann::json usage(const std::vector<Choice>& choices) const = 0;
};

class Answer : public std::enable_shared_from_this<Answer> {
  public:
    Answer(std::shared_ptr<Loaded> loaded, Job job, std::unique_ptr<const Dialect> dialect,
           std::shared_ptr<http::Responder> client, std::function<void(const std::string& finish)> count);

    /// Asks the engine, whose events then answer the client. Errors: ApiError, when nothing is under way.
    void begin();

  private:
    void ask(size_t choice);
    void read_prompt(size_t prompt);
    void ask_all_of(size_t prompt);
    uint64_t submit(size_t prompt, uint32_t max_tokens, const Sampler& sampler, EventSink sink);
    void take(size_t choice, const rwkvk_engine_event& event);
    void take_text(size_t choice, const rwkvk_engine_event& event);
    void take_end(size_t choice, const rwkvk_engine_event& event);
    void say(const nlohmann::json& message);
    void finish();
    void fail(rwkvk_status status, const std::string& message);
    void leave();
    void cancel_all();

    const std::shared_ptr<Loaded> loaded_;
    const Job job_;
    const std::unique_ptr<const Dialect> dialect_;
    const std::shared_ptr<http::Responder> client_;
    const std::function<void(const std::string& finish)> count_;

    std::mutex mutex_;  // events come while it is begun, and the client leaves at any time
    std::vector<Choice> choices_;
    std::vector<uint64_t> requests_;  // of the engine
    size_t coming_;                   // choices that are
    bool over_ = false;
};

/// {"prompt_tokens": ...} of all choices, of which every `choices_per_prompt` share a prompt.
nlohmann::json usage_of(const std::vector<Choice>& choices, size_t choices_per_prompt);
/// How long it took, as llama-server says it.
nlohmann::json timings_of(const Choice& choice);

}  // namespace rwkvk::server
