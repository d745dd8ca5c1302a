// Which path is which call, and those that answer at once.
#include <ctime>

#include "api_error.h"
#include "native.h"
#include "schema_texts.h"
#include "service.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

/// The text of an id; bytes where it is a part of a character.
json piece_of(const Tokenizer& tokenizer, Token token) {
    const std::string text(tokenizer.text(token));
    if (is_utf8(text)) return text;
    json bytes = json::array();
    for (const char c : text) bytes.push_back(static_cast<unsigned char>(c));
    return bytes;
}

json model_facts(const Loaded& loaded) {
    const rwkvk_model_info info = loaded.model.info();
    return {{"n_vocab", info.vocabulary}, {"n_embd", info.width},
            {"n_layer", info.layers},     {"n_params", info.parameters},
            {"size", info.weight_bytes},  {"state_bytes", info.state_elements * sizeof(float)},
            {"version", info.version}};
}

}  // namespace

const std::vector<Service::Route>& Service::routes() {
    static const std::vector<Route> routes = [] {
        std::vector<Route> list = {{"GET", "/", true, &Service::greet},
                                   {"GET", "/health", true, &Service::health},
                                   {"GET", "/livez", false, &Service::alive},
                                   {"GET", "/props", true, &Service::props},
                                   {"GET", "/slots", true, &Service::slots},
                                   {"GET", "/metrics", true, &Service::metrics},
                                   {"POST", "/tokenize", true, &Service::tokenize},
                                   {"POST", "/detokenize", true, &Service::detokenize},
                                   {"GET", "/tokenizer_info", true, &Service::tokenizer_info},
                                   {"POST", "/apply-template", true, &Service::apply_template}};
        // With and without the version, as others serve them.
        for (const std::string before : {"", "/v1"}) {
            list.push_back({"GET", before + "/models", true, &Service::models});
            list.push_back({"POST", before + "/chat/completions", true, &Service::chat});
            list.push_back({"POST", before + "/chat/completions/input_tokens", true, &Service::count_tokens});
        }
        list.push_back({"POST", "/v1/completions", true, &Service::complete});
        // Without the version they are llama-server's own.
        list.push_back({"POST", "/completion", true, &Service::complete_natively});
        list.push_back({"POST", "/completions", true, &Service::complete_natively});
        add_talk_routes(list);
        list.push_back({"GET", "/v1/health", true, &Service::health});
        add_dialects(list);
        return list;
    }();
    return routes;
}

void Service::send(http::Responder& client, const json& answer) {
    client.send(200, "application/json", to_text(answer));
}

/// For whoever opens the address of a server without its page.
void Service::greet(const Call& call) {
    const std::string& host = call.request.host;
    call.client->send(200, "text/plain; charset=utf-8",
                      "rwkvk serves " + call.loaded->names.front() + " on " + call.loaded->engine.device() +
                          ".\nPrograms for OpenAI's API take http://" + host + "/v1 as their base URL.\n");
}

void Service::health(const Call& call) { send(*call.client, {{"status", "ok"}}); }
void Service::alive(const Call& call) { send(*call.client, {{"status", "ok"}}); }

void Service::models(const Call& call) {
    json data = json::array(), models = json::array();
    for (const std::string& name : call.loaded->names) {
        data.push_back({{"id", name},
                        {"object", "model"},
                        {"created", std::time(nullptr)},
                        {"owned_by", "rwkvk"},
                        {"meta", model_facts(*call.loaded)}});
        models.push_back({{"name", name}, {"model", name}, {"capabilities", {"completion"}}});
    }
    send(*call.client, {{"object", "list"}, {"data", data}, {"models", models}});
}

void Service::props(const Call& call) {
    const Loaded& loaded = *call.loaded;
    const Prompt any(loaded.model, loaded.tokenizer, {{"user", "?"}});
    json params = to_json(options_.jobs.sampling(any.sampling()));
    params["n_predict"] = options_.jobs.max_tokens;
    params["seed"] = options_.jobs.seed ? json(*options_.jobs.seed) : json(-1);
    send(*call.client, {{"model_path", loaded.file},
                        {"model_alias", loaded.names.front()},
                        {"total_slots", loaded.slots},
                        {"chat_template", options_.jobs.template_name},
                        {"default_generation_settings", {{"n_ctx", 0}, {"params", params}}},
                        {"modalities", {{"vision", false}, {"audio", false}}},
                        {"keeps_conversations", options_.keeps_conversations},
                        {"system_fingerprint", loaded.system_fingerprint},
                        {"device", loaded.engine.device()},
                        {"build_info", options_.build}});
}

/// So many of them are busy; what is asked is not told.
void Service::slots(const Call& call) {
    if (!options_.tells_slots) throw not_supported("GET /slots without the flag --slots");
    const uint32_t busy = call.loaded->engine.info().running;
    json list = json::array();
    for (uint32_t id = 0; id < call.loaded->slots; ++id)
        list.push_back({{"id", id}, {"n_ctx", 0}, {"is_processing", id < busy}});
    send(*call.client, list);
}

void Service::metrics(const Call& call) {
    call.client->send(200, "text/plain; version=0.0.4; charset=utf-8",
                      metrics_->text(*call.loaded, store_counts_->values()));
}

void Service::tokenize(const Call& call) {
    const json body = parse_object(call.request.body);
    const Fields fields(body);
    auto content = fields.text("content");
    if (!content) content = fields.text("prompt");  // vLLM's word
    if (!content) throw bad_request("content: expected a text, found none");
    const bool with_pieces = fields.boolean("with_pieces").value_or(false);
    const Tokenizer& tokenizer = call.loaded->tokenizer;
    json tokens = json::array();
    for (const Token token : tokenizer.encode(*content)) {
        if (with_pieces) {
            tokens.push_back({{"id", token}, {"piece", piece_of(tokenizer, token)}});
        } else {
            tokens.push_back(token);
        }
    }
    send(*call.client, {{"tokens", tokens}});
}

void Service::detokenize(const Call& call) {
    const json body = parse_object(call.request.body);
    const Fields fields(body);
    const json* const tokens = fields.find("tokens");
    if (!tokens) throw bad_request("tokens: expected a list of ids, found none");
    const uint32_t vocabulary = call.loaded->tokenizer.vocabulary();
    if (!tokens->is_array()) fields.refuse("tokens", "a list of ids");
    std::string content;
    for (const json& token : *tokens) {
        if (!token.is_number_integer() || token < 0 || token >= vocabulary)
            fields.refuse("tokens", "ids from 0 to " + std::to_string(vocabulary - 1));
        content += call.loaded->tokenizer.text(token.get<Token>());
    }
    send(*call.client, {{"content", content}, {"prompt", content}});
}

/// As vLLM tells it, for programs that encode texts here, as lm-evaluation-harness.
void Service::tokenizer_info(const Call& call) {
    const Tokenizer& tokenizer = call.loaded->tokenizer;
    const int64_t end = tokenizer.end_of_text();
    const std::string text(end < 0 ? "" : tokenizer.text(static_cast<Token>(end)));
    send(*call.client, {{"eos_token", text.empty() ? json() : json(text)},  // World's has no text
                        {"bos_token", nullptr},
                        {"pad_token", nullptr},
                        {"vocab_size", tokenizer.vocabulary()},
                        {"tokenizer_class", tokenizer.kind()}});
}

void Service::apply_template(const Call& call) {
    const json body = parse_request(call.request.body);
    const Conversing conversation = read_conversation(Fields(body), *call.loaded, options_.jobs);
    send(*call.client, {{"prompt", conversation.prompt.text()}});
}

void Service::chat(const Call& call) {
    const json body = parse_request(call.request.body);
    if (!chats_in_session(call, body)) answer_as(call, body, &read_chat_job, &chat_dialect);
}

void Service::complete(const Call& call) {
    answer_as(call, parse_request(call.request.body), &read_completion_job, &completion_dialect);
}

void Service::complete_natively(const Call& call) {
    answer_as(call, parse_request(call.request.body), &read_native_job, &native_dialect);
}

void Service::answer_as(const Call& call, const json& body, JobReader read, DialectMaker words) {
    Job job = read(body, *call.loaded, options_.jobs);
    auto dialect = words(body, *call.loaded, job);
    answer(call, std::move(job), std::move(dialect));
}

void Service::count_tokens(const Call& call) {
    const json body = parse_request(call.request.body);
    const Conversing conversation = read_conversation(Fields(body), *call.loaded, options_.jobs);
    send(*call.client, {{"input_tokens", conversation.prompt.tokens().size()}});
}

void Service::answer(const Call& call, Job job, std::unique_ptr<Dialect> dialect) {
    job.owner = access_.owner_of(call.request);
    const auto count = [metrics = metrics_, line = call.line, fetched = job.fetched_tokens](
                           const std::string& finish, const Choice& choice) {
        metrics->count_end(finish, choice, fetched);
        line->add(finish, choice);
    };
    std::make_shared<Answer>(*call.loaded, std::move(job), std::move(dialect), call.client, count)->begin();
}

}  // namespace rwkvk::server
