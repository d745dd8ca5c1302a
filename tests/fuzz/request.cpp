// The body of a request, in each dialect, as far as what the engine is asked and how its answer begins. The
// first byte says which.

#include "api/anthropic.h"
#include "api/api_error.h"
#include "api/embedding_jobs.h"
#include "api/native.h"
#include "api/ollama.h"
#include "api/openai.h"
#include "api/responses.h"
#include "api/schema_texts.h"
#include "tests/fuzz/input.h"
#include "tests/server/make_loaded.h"

namespace rwkvk::fuzz {
namespace {

using namespace server;
using nlohmann::json;

Loaded& loaded() {
    static Loaded loaded = make_loaded();
    return loaded;
}

const Talk& talk() {
    static const Talk talk = {std::make_shared<Keeper>(memory_store()),
                              std::make_shared<TurnStates>(nullptr, std::make_shared<StoreCounts>())};
    return talk;
}

/// Words of an answer without a token.
void word(const Job& job, std::unique_ptr<Dialect> dialect) {
    if (job.prompts.empty()) throw std::logic_error("a job without a prompt");
    const std::vector<Choice> choices(job.prompts.size() * job.choices);
    if (!job.stream) return void(dialect->whole(choices));
    dialect->opening(0, choices[0]);
    dialect->closing(0, choices[0]);
    dialect->end(choices);
}

void read_chat(const json& body) {
    const Job job = read_chat_job(body, loaded(), {});
    word(job, chat_dialect(body, loaded(), job));
}

void read_completion(const json& body) {
    const Job job = read_completion_job(body, loaded(), {});
    word(job, completion_dialect(body, loaded(), job));
}

void read_native(const json& body) {
    const Job job = read_native_job(body, loaded(), {});
    word(job, native_dialect(body, loaded(), job));
}

void read_ollama(const json& body, OllamaCall call) {
    if (asks_to_load(body, call)) return;
    const Job job = read_ollama_job(body, call, loaded(), {});
    word(job, ollama_dialect(call, loaded(), job));
}

void read_anthropic(const json& body) {
    const Job job = read_anthropic_job(body, loaded(), {});
    word(job, anthropic_dialect(loaded(), job));
}

void read_response(const json& body) {
    WordedJob worded = read_response_job(body, "somebody", loaded(), {}, talk());
    word(worded.job, std::move(worded.dialect));
}

void read_body(unsigned dialect, const std::string& body) {
    switch (dialect % 9) {
        case 0:
            return read_chat(parse_request(body));
        case 1:
            return read_completion(parse_request(body));
        case 2:
            return read_native(parse_request(body));
        case 3:
            return read_ollama(parse_request(body), OllamaCall::chat);
        case 4:
            return read_ollama(parse_request(body), OllamaCall::generate);
        case 5:
            return read_anthropic(parse_request(body));
        case 6:
            return read_response(parse_request(body));
        case 7:
            return void(read_embedding_job(parse_object(body), loaded()));
        default:
            return void(read_ollama_embed_job(parse_object(body), loaded()));
    }
}

}  // namespace

void read_input(std::string_view input) {
    if (input.empty()) return;
    try {
        read_body(static_cast<unsigned char>(input[0]), std::string(input.substr(1)));
    } catch (const ApiError&) {
    }
}

}  // namespace rwkvk::fuzz
