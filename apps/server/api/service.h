#pragma once
// Everything behind HTTP: which path is which call, on which thread, with which model.

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "access.h"
#include "embedding.h"
#include "metrics.h"
#include "ollama.h"
#include "openai.h"
#include "talk/keeper.h"
#include "turn_states.h"
#include "watched.h"

namespace rwkvk::server {

struct PageFile;

struct ServiceOptions {
    AccessRules access;
    JobDefaults jobs;
    std::string build;         // what /props tells of the program
    bool tells_slots = false;  // which are busy
    bool speaks_ollama = true;
    app::Pooling pooling = app::Pooling::mean;  // of what becomes a vector
    uint32_t threads = 2;
    std::shared_ptr<Store> store = memory_store();  // of conversations
    bool keeps_conversations = false;               // beyond the program's end
    std::shared_ptr<StateStore> states = nullptr;   // that other servers go on from; null: none is shared
};

class Service {
  public:
    explicit Service(ServiceOptions options);
    /// What waits is not answered any more.
    ~Service();

    /// From now on requests are answered, until then refused: the model is being loaded.
    void use(std::shared_ptr<Loaded> loaded);
    /// From now on new ones are refused.
    void drain();

    /// Who may not ask is told so, and so is the log.
    std::optional<http::Refusal> judge(const http::Head& head);
    /// Returns at once.
    void handle(http::Request request, std::shared_ptr<http::Responder> client);

  private:
    struct Call {
        http::Request request;
        std::shared_ptr<http::Responder> client;
        std::shared_ptr<RequestLine> line;
        std::shared_ptr<Loaded> loaded = {};  // null where the route needs none
        std::vector<std::string> ids = {};    // that stand in the path for {names} of the route's
    };
    struct Route {
        std::string method, path;
        bool needs_model;
        void (Service::*serve)(const Call& call);
    };
    static const std::vector<Route>& routes();
    static void add_dialects(std::vector<Route>& routes);
    static void add_talk_routes(std::vector<Route>& list);
    const Route& route_of(const http::Request& request) const;
    const PageFile* asked_page_file(const http::Request& request) const;
    static void send(http::Responder& client, const nlohmann::json& answer);

    void run();
    void serve(Call& call);
    std::shared_ptr<Loaded> loaded() const;

    void greet(const Call& call);
    void health(const Call& call);
    void alive(const Call& call);
    void models(const Call& call);
    void props(const Call& call);
    void slots(const Call& call);
    void metrics(const Call& call);
    void tokenize(const Call& call);
    void detokenize(const Call& call);
    void tokenizer_info(const Call& call);
    void apply_template(const Call& call);
    void chat(const Call& call);
    void complete(const Call& call);
    void complete_natively(const Call& call);
    void count_tokens(const Call& call);
    void ollama_answer(const Call& call, OllamaCall kind);
    void ollama_chat(const Call& call);
    void ollama_generate(const Call& call);
    void ollama_tags(const Call& call);
    void ollama_running(const Call& call);
    void ollama_show(const Call& call);
    void ollama_version(const Call& call);
    void keep_models(const Call& call);
    void anthropic_message(const Call& call);
    void anthropic_count(const Call& call);
    void embed(const Call& call);
    void ollama_embed(const Call& call);
    void ollama_embeddings(const Call& call);
    void embed_for(const Call& call, EmbeddingJob job);
    template <auto answers>
    void talk(const Call& call);
    void append_items(const Call& call);
    SaidSoFar said_in(const Call& call) const;
    void get_state(const Call& call);
    void put_state(const Call& call);
    void respond(const Call& call);
    bool chats_in_session(const Call& call, const nlohmann::json& body);
    using JobReader = Job (*)(const nlohmann::json& body, const Loaded& loaded, const JobDefaults& defaults);
    using DialectMaker = std::unique_ptr<Dialect> (*)(const nlohmann::json& body, const Loaded& loaded,
                                                      const Job& job);
    void answer_as(const Call& call, const nlohmann::json& body, JobReader read, DialectMaker words);
    void answer(const Call& call, Job job, std::unique_ptr<Dialect> dialect);

    const ServiceOptions options_;
    const Access access_;
    const std::shared_ptr<Metrics> metrics_ = std::make_shared<Metrics>();  // answers outlive the service

    const std::shared_ptr<StoreCounts> store_counts_ = std::make_shared<StoreCounts>();
    const std::shared_ptr<Keeper> keeper_;
    const std::shared_ptr<TurnStates> states_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Call> calls_;
    std::shared_ptr<Loaded> loaded_;
    bool draining_ = false, leaving_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace rwkvk::server
