#include "runtime/text/tokenizer.h"

#include "runtime/api/handles.h"
#include "runtime/model/model_tokenizer.h"
#include "runtime/model/vocabulary_file.h"

using namespace rwkvk;
using namespace rwkvk::api;

namespace {

rwkvk_tokenizer* to_handle(const RuntimePointer& runtime, ModelTokenizer found) {
    std::string kind = found.tokenizer->name();
    return new rwkvk_tokenizer{runtime, std::move(found.tokenizer), std::move(kind), std::move(found.source)};
}

}  // namespace

rwkvk_status rwkvk_tokenizer_of_model(const rwkvk_model* model, rwkvk_tokenizer** tokenizer) {
    if (!model) return RWKVK_BAD_ARGUMENT;
    return guarded(*model->runtime, [&] {
        require(tokenizer, "tokenizer");
        *tokenizer = to_handle(model->runtime, make_model_tokenizer(*model->model));
    });
}

rwkvk_status rwkvk_tokenizer_open_for_model(const rwkvk_model* model, const char* path,
                                            rwkvk_tokenizer** tokenizer) {
    if (!path) return rwkvk_tokenizer_of_model(model, tokenizer);
    if (!model) return RWKVK_BAD_ARGUMENT;
    return guarded(*model->runtime, [&] {
        require(tokenizer, "tokenizer");
        *tokenizer = to_handle(model->runtime, {make_model_tokenizer(*model->model, path), path});
    });
}

rwkvk_status rwkvk_tokenizer_open(rwkvk_runtime* runtime, const char* path, rwkvk_tokenizer** tokenizer) {
    if (!runtime) return RWKVK_BAD_ARGUMENT;
    return guarded(*runtime->runtime, [&] {
        require(tokenizer, "tokenizer");
        *tokenizer = path ? to_handle(runtime->runtime, {open_vocabulary(path), path})
                          : to_handle(runtime->runtime, {text::make_byte_tokenizer(), "256 bytes"});
    });
}

void rwkvk_tokenizer_destroy(rwkvk_tokenizer* tokenizer) { delete tokenizer; }

rwkvk_status rwkvk_tokenize(const rwkvk_tokenizer* tokenizer, const char* text, size_t bytes,
                            rwkvk_token* tokens, size_t capacity, size_t* count) {
    if (!tokenizer) return RWKVK_BAD_ARGUMENT;
    return guarded(*tokenizer->runtime, [&] {
        if (bytes > 0) require(text, "text");
        if (capacity > 0) require(tokens, "tokens");
        const std::vector<text::Token> ids = tokenizer->tokenizer->encode({text, bytes});
        copy_list(std::span(ids), tokens, capacity, count);
    });
}

const char* rwkvk_token_text(const rwkvk_tokenizer* tokenizer, rwkvk_token token, size_t* bytes) {
    const std::string_view text = tokenizer ? tokenizer->tokenizer->decode(token) : std::string_view();
    if (bytes) *bytes = text.size();
    return text.empty() ? "" : text.data();
}

int64_t rwkvk_tokenizer_end_of_text(const rwkvk_tokenizer* tokenizer) {
    return tokenizer ? tokenizer->tokenizer->end_of_text() : -1;
}

const char* rwkvk_tokenizer_kind(const rwkvk_tokenizer* tokenizer) {
    return tokenizer ? tokenizer->kind.c_str() : "";
}

const char* rwkvk_tokenizer_source(const rwkvk_tokenizer* tokenizer) {
    return tokenizer ? tokenizer->source.c_str() : "";
}

uint32_t rwkvk_tokenizer_vocabulary(const rwkvk_tokenizer* tokenizer) {
    return tokenizer ? tokenizer->tokenizer->vocabulary() : 0;
}
