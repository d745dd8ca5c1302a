// The paths of Ollama and Anthropic, and embeddings.
#include "anthropic.h"
#include "embedding_jobs.h"
#include "ollama.h"
#include "ollama_models.h"
#include "schema_texts.h"
#include "service.h"

namespace rwkvk::server {

using nlohmann::json;

void Service::add_dialects(std::vector<Route>& routes) {
    const Route more[] = {{"POST", "/api/chat", true, &Service::ollama_chat},
                          {"POST", "/api/generate", true, &Service::ollama_generate},
                          {"POST", "/api/embed", true, &Service::ollama_embed},
                          {"POST", "/api/embeddings", true, &Service::ollama_embeddings},
                          {"GET", "/api/tags", true, &Service::ollama_tags},
                          {"GET", "/api/ps", true, &Service::ollama_running},
                          {"POST", "/api/show", true, &Service::ollama_show},
                          {"GET", "/api/version", false, &Service::ollama_version},
                          {"POST", "/v1/messages", true, &Service::anthropic_message},
                          {"POST", "/v1/messages/count_tokens", true, &Service::anthropic_count},
                          {"POST", "/v1/embeddings", true, &Service::embed},
                          {"POST", "/embeddings", true, &Service::embed}};
    routes.insert(routes.end(), std::begin(more), std::end(more));
    for (const char* const path : {"/api/pull", "/api/push", "/api/create", "/api/copy"})
        routes.push_back({"POST", path, false, &Service::keep_models});
}

void Service::ollama_answer(const Call& call, OllamaCall kind) {
    const json body = parse_request(call.request.body);
    if (asks_to_load(body, kind)) return send(*call.client, ollama_loaded(*call.loaded, kind));
    Job job = read_ollama_job(body, kind, *call.loaded, options_.jobs);
    auto dialect = ollama_dialect(kind, *call.loaded, job);
    answer(call, std::move(job), std::move(dialect));
}

void Service::ollama_chat(const Call& call) { ollama_answer(call, OllamaCall::chat); }
void Service::ollama_generate(const Call& call) { ollama_answer(call, OllamaCall::generate); }
void Service::ollama_tags(const Call& call) { send(*call.client, server::ollama_tags(*call.loaded)); }
void Service::ollama_running(const Call& call) { send(*call.client, server::ollama_running(*call.loaded)); }
void Service::ollama_version(const Call& call) { send(*call.client, {{"version", server::ollama_version}}); }

void Service::ollama_show(const Call& call) {
    const json body = parse_object(call.request.body);
    Fields(body).text("model");
    send(*call.client, server::ollama_show(*call.loaded, options_.jobs));
}

/// The model is the one that the server was started with.
void Service::keep_models(const Call& call) { throw not_supported("POST " + call.request.path); }

void Service::anthropic_message(const Call& call) {
    const json body = parse_request(call.request.body);
    Job job = read_anthropic_job(body, *call.loaded, options_.jobs);
    auto dialect = anthropic_dialect(*call.loaded, job);
    answer(call, std::move(job), std::move(dialect));
}

void Service::anthropic_count(const Call& call) {
    const json body = parse_request(call.request.body);
    const Conversing conversation = read_anthropic_conversation(Fields(body), *call.loaded, options_.jobs);
    send(*call.client, {{"input_tokens", conversation.prompt.tokens().size()}});
}

void Service::embed_for(const Call& call, EmbeddingJob job) {
    job.pooling = options_.pooling;
    job.owner = access_.owner_of(call.request);
    job.path = call.request.path;
    std::make_shared<Embedding>(*call.loaded, std::move(job), call.client)->begin();
}

void Service::embed(const Call& call) {
    embed_for(call, read_embedding_job(parse_object(call.request.body), *call.loaded));
}
void Service::ollama_embed(const Call& call) {
    embed_for(call, read_ollama_embed_job(parse_object(call.request.body), *call.loaded));
}
void Service::ollama_embeddings(const Call& call) {
    embed_for(call, read_ollama_embeddings_job(parse_object(call.request.body), *call.loaded));
}

}  // namespace rwkvk::server
