#pragma once
// Texts as vectors, on their way from the engine to a client.

#include <functional>
#include <memory>
#include <mutex>

#include "api_error.h"
#include "http/server.h"
#include "job.h"
#include "pooling.h"

namespace rwkvk::server {

/// All vectors have the model's width and length 1.
struct Embeddings {
    std::vector<std::vector<float>> vectors;
    uint64_t tokens = 0;  // that were read
    double seconds = 0;
};

struct EmbeddingJob {
    std::vector<JobPrompt> inputs;
    app::Pooling pooling = app::Pooling::mean;
    std::string owner, path;  // who asks, and where
    std::function<nlohmann::json(const Embeddings& all)> words;
};

class Embedding : public std::enable_shared_from_this<Embedding> {
  public:
    /// `loaded` outlives it, as of Answer.
    Embedding(Loaded& loaded, EmbeddingJob job, std::shared_ptr<http::Responder> client);

    /// Asks the engine, whose events then answer the client. Errors: ApiError, when nothing is under way.
    void begin();

  private:
    void ask(size_t input);
    void take(size_t input, const rwkvk_engine_event& event);
    void finish();
    void fail(const ApiError& error);
    void leave();
    void cancel_all();

    Loaded& loaded_;
    const EmbeddingJob job_;
    const std::shared_ptr<http::Responder> client_;

    std::mutex mutex_;  // events come while it is begun, and the client leaves at any time
    std::vector<app::Pool> pools_;
    std::vector<uint64_t> requests_;  // of the engine
    size_t coming_;
    Embeddings all_;
    bool over_ = false;
};

}  // namespace rwkvk::server
