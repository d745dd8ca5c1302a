// The C border against careless callers: NULL for every pointer.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <regex>
#include <rwkvk_generate.hpp>
#include <rwkvk_receipt.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/support/border_handles.h"
#include "tests/support/temporary_folder.h"

namespace {

using rwkvk::test::Handles, rwkvk::test::model_file, rwkvk::test::on_cpu;

/// What an out parameter holds before a call that fails, and after it.
template <typename T>
T* untouched() {
    static char somewhere;
    return reinterpret_cast<T*>(&somewhere);
}

/// Remembers which functions were called.
struct Calls {
    std::set<std::string> names;

    void expect(const char* name, rwkvk_status expected, rwkvk_status found) {
        names.insert(name);
        CHECK_MESSAGE(found == expected, name, ": ", rwkvk_status_name(found));
    }
    template <typename T>
    void returns(const char* name, const T& expected, const T& found) {
        names.insert(name);
        CHECK_MESSAGE(found == expected, name);
    }
};
#define REFUSED(function, ...) calls.expect(#function, RWKVK_BAD_ARGUMENT, function(__VA_ARGS__))
#define ALLOWED(function, ...) calls.expect(#function, RWKVK_OK, function(__VA_ARGS__))
#define HARMLESS(function, ...) (function(__VA_ARGS__), calls.names.insert(#function))

void null_library(Calls& calls, Handles& h) {
    HARMLESS(rwkvk_version);
    HARMLESS(rwkvk_numerics_version);
    HARMLESS(rwkvk_status_name, -7);
    HARMLESS(rwkvk_runtime_params_default, nullptr, sizeof(rwkvk_runtime_params));
    auto* runtime = untouched<rwkvk_runtime>();
    REFUSED(rwkvk_runtime_create, nullptr, nullptr);
    ALLOWED(rwkvk_runtime_create, nullptr, &runtime);
    HARMLESS(rwkvk_runtime_destroy, runtime);
    HARMLESS(rwkvk_runtime_destroy, nullptr);
    calls.returns("rwkvk_last_error", std::string(), std::string(rwkvk_last_error(nullptr)));
    uint32_t count = 77;
    REFUSED(rwkvk_runtime_device_count, nullptr, &count);
    CHECK(count == 77);
    REFUSED(rwkvk_runtime_device_count, h.runtime.handle(), nullptr);
    rwkvk_device_info info{};
    info.size = sizeof info;
    REFUSED(rwkvk_runtime_device_info, nullptr, 0, &info);
    REFUSED(rwkvk_runtime_device_info, h.runtime.handle(), 0, nullptr);
    calls.returns("rwkvk_runtime_validation_messages", uint64_t{0},
                  rwkvk_runtime_validation_messages(nullptr));
}

void null_model(Calls& calls, Handles& h) {
    auto* model = untouched<rwkvk_model>();
    REFUSED(rwkvk_model_load, nullptr, model_file.c_str(), nullptr, &model);
    REFUSED(rwkvk_model_load, h.runtime.handle(), nullptr, nullptr, &model);
    REFUSED(rwkvk_model_load, h.runtime.handle(), model_file.c_str(), nullptr, nullptr);
    REFUSED(rwkvk_model_load_memory, nullptr, "x", 1, "x", nullptr, &model);
    REFUSED(rwkvk_model_load_memory, h.runtime.handle(), nullptr, 1, "x", nullptr, &model);
    REFUSED(rwkvk_model_load_memory, h.runtime.handle(), "x", 1, nullptr, nullptr, &model);
    REFUSED(rwkvk_model_load_memory, h.runtime.handle(), "x", 1, "x", nullptr, nullptr);
    HARMLESS(rwkvk_model_destroy, nullptr);
    rwkvk_model_params params;
    HARMLESS(rwkvk_model_params_default, nullptr, sizeof params);
    rwkvk_model_params_default(&params, sizeof params);
    params.adapter_count = 1;
    REFUSED(rwkvk_model_load, h.runtime.handle(), model_file.c_str(), &params, &model);
    const rwkvk_adapter nameless{nullptr, 1};
    params.adapters = &nameless;
    REFUSED(rwkvk_model_load, h.runtime.handle(), model_file.c_str(), &params, &model);
    CHECK(model == untouched<rwkvk_model>());
    rwkvk_model_info info{};
    info.size = sizeof info;
    REFUSED(rwkvk_model_info_get, nullptr, &info);
    REFUSED(rwkvk_model_info_get, h.model.handle(), nullptr);
    char hex[17] = "untouched";
    REFUSED(rwkvk_model_fingerprint, nullptr, hex);
    REFUSED(rwkvk_model_fingerprint, h.model.handle(), nullptr);
    CHECK(std::string(hex) == "untouched");
}

void null_tokenizer(Calls& calls, Handles& h) {
    auto* tokenizer = untouched<rwkvk_tokenizer>();
    REFUSED(rwkvk_tokenizer_of_model, nullptr, &tokenizer);
    REFUSED(rwkvk_tokenizer_of_model, h.model.handle(), nullptr);
    REFUSED(rwkvk_tokenizer_open_for_model, nullptr, "x", &tokenizer);
    REFUSED(rwkvk_tokenizer_open_for_model, nullptr, nullptr, &tokenizer);
    REFUSED(rwkvk_tokenizer_open_for_model, h.model.handle(), nullptr, nullptr);
    REFUSED(rwkvk_tokenizer_open_for_model, h.model.handle(), "x", nullptr);
    REFUSED(rwkvk_tokenizer_open, nullptr, nullptr, &tokenizer);
    REFUSED(rwkvk_tokenizer_open, h.runtime.handle(), nullptr, nullptr);
    CHECK(tokenizer == untouched<rwkvk_tokenizer>());
    HARMLESS(rwkvk_tokenizer_destroy, nullptr);
    rwkvk_token token = 77;
    size_t count = 77;
    REFUSED(rwkvk_tokenize, nullptr, "x", 1, &token, 1, &count);
    REFUSED(rwkvk_tokenize, h.tokenizer.handle(), nullptr, 1, &token, 1, &count);
    REFUSED(rwkvk_tokenize, h.tokenizer.handle(), "x", 1, nullptr, 1, &count);
    CHECK((token == 77 && count == 77));
    ALLOWED(rwkvk_tokenize, h.tokenizer.handle(), nullptr, 0, nullptr, 0, nullptr);
    calls.returns("rwkvk_token_text", std::string(), std::string(rwkvk_token_text(nullptr, 1, &count)));
    CHECK(count == 0);
    calls.returns("rwkvk_token_text", 'A', *rwkvk_token_text(h.tokenizer.handle(), 65, nullptr));
    calls.returns("rwkvk_tokenizer_end_of_text", int64_t{-1}, rwkvk_tokenizer_end_of_text(nullptr));
    calls.returns("rwkvk_tokenizer_vocabulary", 0u, rwkvk_tokenizer_vocabulary(nullptr));
    calls.returns("rwkvk_tokenizer_kind", std::string(), std::string(rwkvk_tokenizer_kind(nullptr)));
    calls.returns("rwkvk_tokenizer_source", std::string(), std::string(rwkvk_tokenizer_source(nullptr)));
}

void null_context(Calls& calls, Handles& h) {
    HARMLESS(rwkvk_context_params_default, nullptr, sizeof(rwkvk_context_params));
    auto* context = untouched<rwkvk_context>();
    const rwkvk_context_params params = on_cpu();
    REFUSED(rwkvk_context_create, nullptr, &params, &context);
    REFUSED(rwkvk_context_create, h.model.handle(), &params, nullptr);
    CHECK(context == untouched<rwkvk_context>());
    HARMLESS(rwkvk_context_destroy, nullptr);
    calls.returns("rwkvk_context_device", std::string(), std::string(rwkvk_context_device(nullptr)));
    calls.returns("rwkvk_context_device_bytes", uint64_t{0}, rwkvk_context_device_bytes(nullptr));
    HARMLESS(rwkvk_context_interrupt, nullptr);
    REFUSED(rwkvk_context_on_progress, nullptr, nullptr, nullptr);

    const rwkvk_token token = 1;
    const rwkvk_feed_item without_tokens{
        .slot = 0, .want = 0, .tokens = nullptr, .count = 1, .vectors = nullptr};
    const rwkvk_feed_item without_vectors{
        .slot = 0, .want = 2, .tokens = &token, .count = 1, .vectors = nullptr};
    const rwkvk_feed_item empty{.slot = 0, .want = 0, .tokens = nullptr, .count = 0, .vectors = nullptr};
    REFUSED(rwkvk_feed, nullptr, &without_vectors, 1, 0, nullptr, nullptr);
    REFUSED(rwkvk_feed, h.context.handle(), nullptr, 1, 0, nullptr, nullptr);
    REFUSED(rwkvk_feed, h.context.handle(), &without_tokens, 1, 0, nullptr, nullptr);
    ALLOWED(rwkvk_feed, h.context.handle(), &without_vectors, 1, 0, nullptr, nullptr);
    ALLOWED(rwkvk_feed, h.context.handle(), &empty, 1, 0, nullptr, nullptr);
    ALLOWED(rwkvk_feed, h.context.handle(), nullptr, 0, 0, nullptr, nullptr);
    REFUSED(rwkvk_eval, nullptr, 0, &token, 1, nullptr);
    REFUSED(rwkvk_eval, h.context.handle(), 0, nullptr, 1, nullptr);
    ALLOWED(rwkvk_eval, h.context.handle(), 0, &token, 1, nullptr);
}

void null_state(Calls& calls, Handles& h) {
    const rwkvk::test::TemporaryFolder folder;
    const std::string file = folder / "state";
    std::vector<float> values(h.model.info().state_elements);
    uint64_t position = 77;
    REFUSED(rwkvk_state_reset, nullptr, 0);
    REFUSED(rwkvk_state_copy, nullptr, 0, 1);
    REFUSED(rwkvk_state_get, nullptr, 0, values.data(), values.size());
    REFUSED(rwkvk_state_get, h.context.handle(), 0, nullptr, values.size());
    REFUSED(rwkvk_state_set, nullptr, 0, values.data(), values.size());
    REFUSED(rwkvk_state_set, h.context.handle(), 0, nullptr, values.size());
    REFUSED(rwkvk_state_save, nullptr, 0, file.c_str(), 0);
    REFUSED(rwkvk_state_save, h.context.handle(), 0, nullptr, 0);
    CHECK(folder.names().empty());
    ALLOWED(rwkvk_state_save, h.context.handle(), 0, file.c_str(), 5);
    REFUSED(rwkvk_state_load, nullptr, 0, file.c_str(), &position);
    REFUSED(rwkvk_state_load, h.context.handle(), 0, nullptr, &position);
    CHECK(position == 77);
    ALLOWED(rwkvk_state_load, h.context.handle(), 0, file.c_str(), nullptr);
    REFUSED(rwkvk_state_load_initial, nullptr, file.c_str());
    ALLOWED(rwkvk_state_load_initial, h.context.handle(), file.c_str());
    ALLOWED(rwkvk_state_load_initial, h.context.handle(), nullptr);
}

void null_sampler(Calls& calls, Handles& h) {
    HARMLESS(rwkvk_sampler_params_default, nullptr, sizeof(rwkvk_sampler_params));
    auto* sampler = untouched<rwkvk_sampler>();
    REFUSED(rwkvk_sampler_create, nullptr, nullptr, &sampler);
    REFUSED(rwkvk_sampler_create, h.runtime.handle(), nullptr, nullptr);
    CHECK(sampler == untouched<rwkvk_sampler>());
    HARMLESS(rwkvk_sampler_destroy, nullptr);
    rwkvk_sampler_params params = rwkvk::sampler_params();
    REFUSED(rwkvk_model_sampling, nullptr, &params);
    REFUSED(rwkvk_model_sampling, h.model.handle(), nullptr);
    ALLOWED(rwkvk_model_sampling, h.model.handle(), &params);
    REFUSED(rwkvk_chat_sampling_get, nullptr, &params);
    REFUSED(rwkvk_chat_sampling_get, h.chat, nullptr);
    REFUSED(rwkvk_chat_sampling_set, nullptr, &params);
    REFUSED(rwkvk_chat_sampling_set, h.chat, nullptr);
    REFUSED(rwkvk_sampler_bias, nullptr, 1, 1.0f);
    const float logits[] = {1, 2};
    rwkvk_token token = 77;
    REFUSED(rwkvk_sampler_sample, nullptr, logits, 2, &token);
    REFUSED(rwkvk_sampler_sample, h.sampler, nullptr, 2, &token);
    REFUSED(rwkvk_sampler_sample, h.sampler, logits, 0, &token);
    CHECK(token == 77);
    REFUSED(rwkvk_sampler_sample, h.sampler, logits, 2, nullptr);
    REFUSED(rwkvk_sampler_forget, nullptr);
}

void null_generate(Calls& calls, Handles& h) {
    const std::vector<float> logits(h.model.info().vocabulary, 1.0f);
    const auto take = [](void*, rwkvk_token) -> int32_t { return 0; };
    REFUSED(rwkvk_generate, nullptr, 0, logits.data(), h.sampler, nullptr, 0, 1, take, nullptr);
    REFUSED(rwkvk_generate, h.context.handle(), 0, nullptr, h.sampler, nullptr, 0, 1, take, nullptr);
    REFUSED(rwkvk_generate, h.context.handle(), 0, logits.data(), nullptr, nullptr, 0, 1, take, nullptr);
    REFUSED(rwkvk_generate, h.context.handle(), 0, logits.data(), h.sampler, nullptr, 1, 1, take, nullptr);
    REFUSED(rwkvk_generate, h.context.handle(), 0, logits.data(), h.sampler, nullptr, 0, 1, nullptr, nullptr);
    REFUSED(rwkvk_generate, h.context.handle(), 9, logits.data(), h.sampler, nullptr, 0, 1, take, nullptr);
    ALLOWED(rwkvk_generate, h.context.handle(), 0, logits.data(), h.sampler, nullptr, 0, 1, take, nullptr);
}

void null_stream(Calls& calls, Handles& h) {
    auto* stream = untouched<rwkvk_stream>();
    const char* const stops[] = {"a", nullptr};
    REFUSED(rwkvk_stream_create, nullptr, stops, 1, &stream);
    REFUSED(rwkvk_stream_create, h.tokenizer.handle(), nullptr, 1, &stream);
    REFUSED(rwkvk_stream_create, h.tokenizer.handle(), stops, 2, &stream);
    REFUSED(rwkvk_stream_create, h.tokenizer.handle(), stops, 1, nullptr);
    CHECK(stream == untouched<rwkvk_stream>());
    HARMLESS(rwkvk_stream_destroy, nullptr);
    const char* text = untouched<const char>();
    size_t bytes = 77;
    int32_t stopped = 77;
    REFUSED(rwkvk_stream_push, nullptr, 65, &text, &bytes, &stopped);
    REFUSED(rwkvk_stream_push, h.stream, 65, nullptr, &bytes, &stopped);
    REFUSED(rwkvk_stream_push, h.stream, 65, &text, nullptr, &stopped);
    REFUSED(rwkvk_stream_finish, nullptr, &text, &bytes);
    REFUSED(rwkvk_stream_finish, h.stream, nullptr, &bytes);
    REFUSED(rwkvk_stream_finish, h.stream, &text, nullptr);
    CHECK(text == untouched<const char>());
    CHECK((bytes == 77 && stopped == 77));
    ALLOWED(rwkvk_stream_push, h.stream, 65, &text, &bytes, nullptr);
    CHECK(std::string(text, bytes) == "A");  // what was refused left nothing behind
}

void null_chat(Calls& calls, Handles& h) {
    CHECK(rwkvk_chat_template_name(UINT32_MAX) == nullptr);
    HARMLESS(rwkvk_chat_template_name, 0);
    HARMLESS(rwkvk_chat_params_default, nullptr, sizeof(rwkvk_chat_params));
    auto* chat = untouched<rwkvk_chat>();
    REFUSED(rwkvk_chat_create, nullptr, h.tokenizer.handle(), nullptr, &chat);
    REFUSED(rwkvk_chat_create, h.context.handle(), nullptr, nullptr, &chat);
    REFUSED(rwkvk_chat_create, h.context.handle(), h.tokenizer.handle(), nullptr, nullptr);
    HARMLESS(rwkvk_chat_destroy, nullptr);
    rwkvk_chat_params with_stops = rwkvk::chat_params();
    const char* const stops[] = {"a", nullptr};
    with_stops.stop_count = 2;
    REFUSED(rwkvk_chat_create, h.context.handle(), h.tokenizer.handle(), &with_stops, &chat);
    with_stops.stops = stops;
    REFUSED(rwkvk_chat_create, h.context.handle(), h.tokenizer.handle(), &with_stops, &chat);
    CHECK(chat == untouched<rwkvk_chat>());
    REFUSED(rwkvk_chat_say, nullptr, "Hi", nullptr, nullptr, nullptr);
    REFUSED(rwkvk_chat_say, h.chat, nullptr, nullptr, nullptr, nullptr);
    ALLOWED(rwkvk_chat_say, h.chat, "Hi", nullptr, nullptr, nullptr);
    REFUSED(rwkvk_chat_regenerate, nullptr, nullptr, nullptr, nullptr);
    ALLOWED(rwkvk_chat_regenerate, h.chat, nullptr, nullptr, nullptr);
    REFUSED(rwkvk_chat_bias, nullptr, 1, 1.0f);
    REFUSED(rwkvk_chat_undo, nullptr);
    REFUSED(rwkvk_chat_reset, nullptr, nullptr);
    ALLOWED(rwkvk_chat_reset, h.chat, nullptr);
    REFUSED(rwkvk_chat_fork, nullptr, nullptr);
    ALLOWED(rwkvk_chat_fork, h.chat, nullptr);
    REFUSED(rwkvk_chat_select, nullptr, 0);
    rwkvk_chat_info info{};
    info.size = sizeof info;
    REFUSED(rwkvk_chat_info_get, nullptr, &info);
    REFUSED(rwkvk_chat_info_get, h.chat, nullptr);
    REFUSED(rwkvk_chat_save, nullptr, "file");
    REFUSED(rwkvk_chat_save, h.chat, nullptr);
    REFUSED(rwkvk_chat_load, nullptr, "file");
    REFUSED(rwkvk_chat_load, h.chat, nullptr);
    size_t count = 77;
    REFUSED(rwkvk_chat_tokens, nullptr, nullptr, 0, &count);
    REFUSED(rwkvk_chat_tokens, h.chat, nullptr, 1, &count);
    CHECK(count == 77);
    ALLOWED(rwkvk_chat_tokens, h.chat, nullptr, 0, nullptr);
}

void null_receipt(Calls& calls, Handles& h) {
    auto* receipt = untouched<rwkvk_receipt>();
    REFUSED(rwkvk_receipt_create, nullptr, nullptr, &receipt);
    REFUSED(rwkvk_receipt_create, h.context.handle(), nullptr, nullptr);
    REFUSED(rwkvk_receipt_open, nullptr, "file", &receipt);
    REFUSED(rwkvk_receipt_open, h.runtime.handle(), nullptr, &receipt);
    REFUSED(rwkvk_receipt_open, h.runtime.handle(), "file", nullptr);
    CHECK(receipt == untouched<rwkvk_receipt>());
    ALLOWED(rwkvk_receipt_create, h.context.handle(), nullptr, &receipt);
    const rwkvk_token token = 1;
    uint32_t point = 77;
    REFUSED(rwkvk_receipt_begin_answer, nullptr, 0, &token, 1, h.sampler, &point);
    REFUSED(rwkvk_receipt_begin_answer, receipt, 0, nullptr, 1, h.sampler, &point);
    REFUSED(rwkvk_receipt_begin_answer, receipt, 0, &token, 1, nullptr, &point);
    CHECK(point == 77);
    ALLOWED(rwkvk_receipt_begin_answer, receipt, 0, &token, 1, h.sampler, nullptr);
    REFUSED(rwkvk_receipt_end_answer, nullptr, 0, &token, 1, 0);
    REFUSED(rwkvk_receipt_end_answer, receipt, 0, nullptr, 1, 0);
    ALLOWED(rwkvk_receipt_end_answer, receipt, 0, nullptr, 0, 0);
    REFUSED(rwkvk_receipt_save, nullptr);
    REFUSED(rwkvk_receipt_save, receipt);  // was created without a path
    const char* text = untouched<const char>();
    size_t bytes = 77;
    REFUSED(rwkvk_receipt_text, nullptr, &text, &bytes);
    REFUSED(rwkvk_receipt_text, receipt, nullptr, &bytes);
    REFUSED(rwkvk_receipt_text, receipt, &text, nullptr);
    CHECK((text == untouched<const char>() && bytes == 77));
    rwkvk_receipt_info info{};
    info.size = sizeof info;
    REFUSED(rwkvk_receipt_info_get, nullptr, &info);
    REFUSED(rwkvk_receipt_info_get, receipt, nullptr);
    calls.returns("rwkvk_receipt_model_path", std::string(), std::string(rwkvk_receipt_model_path(nullptr)));
    calls.returns("rwkvk_receipt_weights", std::string(), std::string(rwkvk_receipt_weights(nullptr)));
    rwkvk_adapter adapter{};
    REFUSED(rwkvk_receipt_adapter, nullptr, 0, &adapter);
    REFUSED(rwkvk_receipt_adapter, receipt, 0, nullptr);
    REFUSED(rwkvk_receipt_adapter, receipt, 0, &adapter);  // there is none
    rwkvk_replay_result result{};
    result.size = sizeof result;
    REFUSED(rwkvk_receipt_replay, nullptr, h.context.handle(), nullptr, nullptr, &result);
    REFUSED(rwkvk_receipt_replay, receipt, nullptr, nullptr, nullptr, &result);
    REFUSED(rwkvk_receipt_replay, receipt, h.context.handle(), nullptr, nullptr, nullptr);
    HARMLESS(rwkvk_receipt_destroy, receipt);
    HARMLESS(rwkvk_receipt_destroy, nullptr);
}

/// All functions that the headers of the stable border declare.
std::set<std::string> declared_functions() {
    std::string header;
    for (const char* name : {"rwkvk.h", "rwkvk_generate.h", "rwkvk_receipt.h"}) {
        std::ifstream file(std::string(RWKVK_TEST_DATA "/../../runtime/include/") + name);
        header.append(std::istreambuf_iterator<char>(file), {});
    }
    const std::regex declaration(R"(RWKVK_API [^;(]*?(rwkvk_\w+)\()");
    std::set<std::string> names;
    for (std::sregex_iterator at(header.begin(), header.end(), declaration), end; at != end; ++at)
        names.insert((*at)[1]);
    return names;
}

TEST_CASE("NULL for every pointer of every function") {
    Handles h;
    Calls calls;
    null_model(calls, h);
    null_tokenizer(calls, h);
    null_context(calls, h);
    null_state(calls, h);
    null_sampler(calls, h);
    null_generate(calls, h);
    null_stream(calls, h);
    null_chat(calls, h);
    null_receipt(calls, h);
    null_library(calls, h);
    CHECK(declared_functions() == calls.names);
}

}  // namespace
