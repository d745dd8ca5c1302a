#include "embedding_jobs.h"

#include <bit>

#include "api_error.h"
#include "ollama.h"
#include "prompt_field.h"
#include "shortest.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

/// Numbers of as few digits as read back as the same floats.
json numbers_of(const std::vector<float>& vector) {
    json numbers = json::array();
    for (const float value : vector) numbers.push_back(std::stod(app::shortest(value)));
    return numbers;
}

/// Fewer than there are would be another vector.
void check_dimensions(const Fields& fields, const Loaded& loaded) {
    const uint32_t width = loaded.model.info().width;
    const auto wanted = fields.integer("dimensions", 1, UINT32_MAX);
    if (wanted && *wanted != width) fields.refuse("dimensions", std::to_string(width));
}

bool wants_base64(const Fields& fields) {
    const std::string format = fields.text("encoding_format").value_or("float");
    if (format != "float" && format != "base64") fields.refuse("encoding_format", "float or base64");
    return format == "base64";
}

json openai_words(const std::string& model, bool base64, const Embeddings& all) {
    json data = json::array();
    for (const std::vector<float>& vector : all.vectors) {
        data.push_back({{"object", "embedding"},
                        {"index", data.size()},
                        {"embedding", base64 ? json(base64_of(vector)) : numbers_of(vector)}});
    }
    return {{"object", "list"},
            {"data", std::move(data)},
            {"model", model},
            {"usage", {{"prompt_tokens", all.tokens}, {"total_tokens", all.tokens}}}};
}

json ollama_words(const std::string& model, const Embeddings& all) {
    json vectors = json::array();
    for (const std::vector<float>& vector : all.vectors) vectors.push_back(numbers_of(vector));
    return {{"model", model},
            {"embeddings", std::move(vectors)},
            {"total_duration", nanoseconds(all.seconds)},
            {"load_duration", 0},
            {"prompt_eval_count", all.tokens}};
}

}  // namespace

std::string base64_of(const std::vector<float>& vector) {
    constexpr const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    uint32_t bits = 0;
    int count = 0;
    for (const float value : vector) {
        const auto word = std::bit_cast<uint32_t>(value);
        for (int byte = 0; byte < 4; ++byte) {
            bits = bits << 8 | (word >> (8 * byte) & 0xff);
            for (count += 8; count >= 6; count -= 6) text += digits[bits >> (count - 6) & 63];
        }
    }
    if (count > 0) text += digits[bits << (6 - count) & 63];
    while (text.size() % 4 != 0) text += '=';
    return text;
}

EmbeddingJob read_embedding_job(const json& body, const Loaded& loaded) {
    const Fields fields(body);
    fields.text("model");
    check_dimensions(fields, loaded);
    EmbeddingJob job;
    job.inputs = read_prompts(fields, loaded, "input");
    job.words = [model = loaded.names.front(), base64 = wants_base64(fields)](const Embeddings& all) {
        return openai_words(model, base64, all);
    };
    return job;
}

EmbeddingJob read_ollama_embed_job(const json& body, const Loaded& loaded) {
    const Fields fields(body);
    fields.text("model");
    check_dimensions(fields, loaded);
    EmbeddingJob job;
    job.inputs = read_prompts(fields, loaded, "input");
    job.words = [model = loaded.names.front()](const Embeddings& all) { return ollama_words(model, all); };
    return job;
}

EmbeddingJob read_ollama_embeddings_job(const json& body, const Loaded& loaded) {
    const Fields fields(body);
    const std::string text = fields.text("prompt").value_or("");
    if (text.empty()) throw bad_request("prompt: expected a text that is not empty, found none");
    EmbeddingJob job;
    job.inputs.push_back({{}, loaded.tokenizer.encode(text)});
    job.words = [](const Embeddings& all) { return json{{"embedding", numbers_of(all.vectors.front())}}; };
    return job;
}

}  // namespace rwkvk::server
