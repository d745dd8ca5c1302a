#include "runtime/text/sampler.h"

#include <cmath>

#include "runtime/api/sampling.h"
#include "runtime/text/text_stream.h"

using namespace rwkvk;
using namespace rwkvk::api;

struct rwkvk_stream {
    RuntimePointer runtime;
    TokenizerPointer tokenizer;
    text::TextStream stream;
    std::string text;  // what was last handed out
};

namespace rwkvk::api {

text::SamplerParams to_params(const rwkvk_sampler_params& params) {
    if (params.order != RWKVK_ORDER_RWKV && params.order != RWKVK_ORDER_LLAMA) {
        throw Error(Code::bad_argument, concat("order is ", params.order, ", expected one of RWKVK_ORDER_*"));
    }
    return {.temperature = params.temperature,
            .top_p = params.top_p,
            .top_k = params.top_k,
            .min_p = params.min_p,
            .typical = params.typical,
            .penalties = {.presence = params.presence,
                          .frequency = params.frequency,
                          .decay = params.decay,
                          .repeat = params.repeat},
            .order = params.order == RWKVK_ORDER_LLAMA ? text::SamplerOrder::llama : text::SamplerOrder::rwkv,
            .seed = params.seed};
}

rwkvk_sampler_params from_params(const text::SamplerParams& params) {
    return {.size = sizeof(rwkvk_sampler_params),
            .order = params.order == text::SamplerOrder::llama ? RWKVK_ORDER_LLAMA : RWKVK_ORDER_RWKV,
            .seed = params.seed,
            .temperature = params.temperature,
            .top_p = params.top_p,
            .top_k = params.top_k,
            .min_p = params.min_p,
            .typical = params.typical,
            .presence = params.penalties.presence,
            .frequency = params.penalties.frequency,
            .decay = params.penalties.decay,
            .repeat = params.penalties.repeat};
}

void set_bias(text::Sampler& sampler, text::Token token, float bias) {
    if (std::isinf(bias) && bias < 0) return sampler.ban(token);
    sampler.allow(token);
    sampler.set_bias(token, bias);
}

}  // namespace rwkvk::api

void rwkvk_sampler_params_default(rwkvk_sampler_params* params, uint32_t size) {
    set_defaults(from_params({}), params, size);
}

rwkvk_status rwkvk_model_sampling(const rwkvk_model* model, rwkvk_sampler_params* params) {
    if (!model) return RWKVK_BAD_ARGUMENT;
    return guarded(*model->runtime, [&] {
        require_room(params);
        if (!model->model->sampling()) return;
        const uint64_t seed = complete(params, rwkvk_sampler_params_default).seed;
        rwkvk_sampler_params recommended = from_params(*model->model->sampling());
        recommended.seed = seed;
        hand_out(recommended, params);
    });
}

rwkvk_status rwkvk_sampler_create(rwkvk_runtime* runtime, const rwkvk_sampler_params* params,
                                  rwkvk_sampler** sampler) {
    if (!runtime) return RWKVK_BAD_ARGUMENT;
    return guarded(*runtime->runtime, [&] {
        require(sampler, "sampler");
        const text::SamplerParams own = to_params(complete(params, rwkvk_sampler_params_default));
        *sampler = new rwkvk_sampler{runtime->runtime, text::Sampler(own)};
    });
}

void rwkvk_sampler_destroy(rwkvk_sampler* sampler) { delete sampler; }

rwkvk_status rwkvk_sampler_bias(rwkvk_sampler* sampler, rwkvk_token token, float bias) {
    if (!sampler) return RWKVK_BAD_ARGUMENT;
    return guarded(*sampler->runtime, [&] { set_bias(sampler->sampler, token, bias); });
}

rwkvk_status rwkvk_sampler_sample(rwkvk_sampler* sampler, const float* logits, size_t count,
                                  rwkvk_token* token) {
    if (!sampler) return RWKVK_BAD_ARGUMENT;
    return guarded(*sampler->runtime, [&] {
        require(logits, "logits");
        require(token, "token");
        const text::Token chosen = sampler->sampler.sample({logits, count});
        sampler->sampler.accept(chosen);
        *token = chosen;
    });
}

rwkvk_status rwkvk_sampler_forget(rwkvk_sampler* sampler) {
    if (!sampler) return RWKVK_BAD_ARGUMENT;
    return guarded(*sampler->runtime, [&] { sampler->sampler.forget_accepted(); });
}

rwkvk_status rwkvk_stream_create(const rwkvk_tokenizer* tokenizer, const char* const* stops,
                                 size_t stop_count, rwkvk_stream** stream) {
    if (!tokenizer) return RWKVK_BAD_ARGUMENT;
    return guarded(*tokenizer->runtime, [&] {
        require(stream, "stream");
        const std::vector<std::string> strings = to_strings(stops, stop_count, "stops");
        *stream = new rwkvk_stream{tokenizer->runtime, tokenizer->tokenizer, text::TextStream(strings), {}};
    });
}

void rwkvk_stream_destroy(rwkvk_stream* stream) { delete stream; }

namespace {

void hand_out_text(rwkvk_stream& stream, std::string text, const char** to, size_t* bytes) {
    stream.text = std::move(text);
    *to = stream.text.c_str();
    *bytes = stream.text.size();
}

}  // namespace

rwkvk_status rwkvk_stream_push(rwkvk_stream* stream, rwkvk_token token, const char** text, size_t* bytes,
                               int32_t* stopped) {
    if (!stream) return RWKVK_BAD_ARGUMENT;
    return guarded(*stream->runtime, [&] {
        require(text, "text");
        require(bytes, "bytes");
        hand_out_text(*stream, stream->stream.push(stream->tokenizer->decode(token)), text, bytes);
        if (stopped) *stopped = stream->stream.stopped();
    });
}

rwkvk_status rwkvk_stream_finish(rwkvk_stream* stream, const char** text, size_t* bytes) {
    if (!stream) return RWKVK_BAD_ARGUMENT;
    return guarded(*stream->runtime, [&] {
        require(text, "text");
        require(bytes, "bytes");
        hand_out_text(*stream, stream->stream.finish(), text, bytes);
    });
}
