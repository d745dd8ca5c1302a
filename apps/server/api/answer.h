#pragma once
// An answer on its way from the engine to a client.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "http/server.h"
#include "job.h"
#include "transcript.h"

namespace rwkvk::server {

/// Told how each choice ended: "stop", "length", "failed", "gone".
using CountEnd = std::function<void(const std::string& finish, const Choice& choice)>;

class Answer : public std::enable_shared_from_this<Answer> {
  public:
    /// `loaded` outlives it: an owner's last answer could go on the engine's thread, and the engine with it.
    Answer(Loaded& loaded, Job job, std::unique_ptr<Dialect> dialect, std::shared_ptr<http::Responder> client,
           CountEnd count);

    /// Asks the engine, whose events then answer the client. Errors: ApiError, when nothing is under way.
    void begin();

  private:
    void ask(size_t choice);
    void read_prompt(size_t prompt);
    void ask_all_of(size_t prompt);
    uint64_t submit(size_t prompt, const rwkvk_engine_request& wishes, const Sampler& sampler,
                    EventSink sink);
    rwkvk_engine_request wishes(bool reads_prompt, bool answers) const;
    void take_prompt(size_t prompt, const rwkvk_engine_event& event);
    void take(size_t choice, const rwkvk_engine_event& event);
    void take_end(size_t choice, const rwkvk_engine_event& event);
    void report_progress(size_t choice, const rwkvk_engine_event& event);
    void open(size_t choice);
    void say(const nlohmann::json& message);
    void finish();
    void tell_end();
    void keep_cancelled();
    void fail(rwkvk_status status, const std::string& message);
    void leave();
    void cancel_all(const std::string& why);
    std::vector<Choice> choices() const;

    Loaded& loaded_;
    const Job job_;
    const std::unique_ptr<Dialect> dialect_;
    const std::shared_ptr<http::Responder> client_;
    const CountEnd count_;

    std::mutex mutex_;  // events come while it is begun, and the client leaves at any time
    std::vector<Transcript> transcripts_;
    std::vector<bool> opened_;        // whose first message is said
    std::vector<uint64_t> requests_;  // of the engine
    size_t coming_;                   // choices that are
    bool over_ = false;
};

}  // namespace rwkvk::server
