#include "runtime/engine/engine.h"

#include <thread>

#include "host/log.h"
#include "runtime/api/open_context.h"
#include "runtime/api/own_device.h"
#include "runtime/api/prompt.h"
#include "runtime/api/sampling.h"
#include "runtime/api/snapshot.h"
#include "runtime/api/whole_answer.h"

using namespace rwkvk;
using namespace rwkvk::api;

namespace {

constexpr uint32_t default_slots = 8;

/// An engine with its thread, which ends first.
struct ServedEngine {
    HomeProcess home;
    engine::Engine engine;
    std::jthread driver;  // none where the caller steps
};

}  // namespace

struct rwkvk_engine {
    RuntimePointer runtime;
    std::shared_ptr<const Model> model;
    std::string device;
    std::unique_ptr<ServedEngine, DeleteAtHome<ServedEngine>> served;

    engine::Engine& use() const {
        served->home.require("this engine");
        return served->engine;
    }
};

static_assert(static_cast<int32_t>(engine::End::stop) == RWKVK_DONE_STOP &&
              static_cast<int32_t>(engine::End::length) == RWKVK_DONE_LENGTH &&
              static_cast<int32_t>(engine::End::cancelled) == RWKVK_DONE_CANCELLED &&
              static_cast<int32_t>(engine::End::failed) == RWKVK_DONE_FAILED);
static_assert(static_cast<int32_t>(text::ReplyStart::verbatim) == RWKVK_REPLY_VERBATIM &&
              static_cast<int32_t>(text::ReplyStart::close_tag) == RWKVK_REPLY_CLOSE_TAG);

namespace {

/// An event as the border has it. Borrows its texts.
struct ToEvent {
    rwkvk_engine_event event;
    rwkvk_snapshot snapshot;  // but for its state
    std::vector<rwkvk_token_score> alternatives;

    void operator()(const engine::Started& started) {
        event.kind = RWKVK_EVENT_STARTED;
        event.done = started.cached_tokens;
        event.total = started.prompt_tokens;
    }
    void operator()(const engine::Progress& progress) {
        event.kind = RWKVK_EVENT_PROGRESS;
        event.done = progress.done;
        event.total = progress.total;
    }
    void operator()(const engine::PromptScore& score) {
        event.kind = RWKVK_EVENT_SCORE;
        event.done = score.position;
        event.total = score.total;
        event.token = score.token;
        set_score(score.score);
    }
    void operator()(const engine::Hidden& hidden) {
        event.kind = RWKVK_EVENT_HIDDEN;
        event.done = hidden.position;
        event.total = hidden.total;
        event.hidden = hidden.vector.data();
        event.hidden_count = hidden.vector.size();
    }
    void operator()(const engine::Piece& piece) {
        event.kind = RWKVK_EVENT_PIECE;
        event.token = piece.token;
        set_text(piece.reasoning, piece.answer);
        if (piece.score) set_score(*piece.score);
    }
    void operator()(const engine::Done& done) {
        event.kind = RWKVK_EVENT_DONE;
        set_text(done.reasoning, done.answer);
        event.end = static_cast<int32_t>(done.end);
        event.status = done.end == engine::End::failed ? status_of(done.code) : RWKVK_OK;
        event.message = done.message.c_str();
        event.prompt_tokens = done.prompt_tokens;
        event.cached_tokens = done.cached_tokens;
        event.answer_tokens = done.tokens;
        event.queued_seconds = done.queued_seconds;
        event.prompt_seconds = done.prompt_seconds;
        event.answer_seconds = done.answer_seconds;
        snapshot.state = done.state;
        event.snapshot = snapshot.state ? &snapshot : nullptr;
    }
    void set_score(const engine::Score& score) {
        event.log_probability = score.log_probability;
        alternatives.clear();
        for (const text::TokenScore& each : score.highest)
            alternatives.push_back({each.token, each.log_probability});
        event.alternatives = alternatives.data();
        event.alternative_count = alternatives.size();
    }
    void set_text(const std::string& reasoning, const std::string& answer) {
        event.text = answer.c_str();
        event.text_bytes = answer.size();
        event.reasoning = reasoning.c_str();
        event.reasoning_bytes = reasoning.size();
    }
};

/// `whole`: null, or what gathers an answer that is told at its end.
engine::EventSink to_sink(const rwkvk_engine& engine, rwkvk_event_fn sink, void* user,
                          std::shared_ptr<WholeAnswer> whole = nullptr) {
    require(reinterpret_cast<const void*>(sink), "event");
    return [sink, user, whole = std::move(whole), runtime = engine.runtime, model = engine.model](
               uint64_t id, const engine::Event& event) {
        ToEvent to{.event = {}, .snapshot = {runtime, model, nullptr}, .alternatives = {}};
        to.event.size = sizeof to.event;
        to.event.request = id;
        to.event.text = to.event.reasoning = to.event.message = "";
        std::visit(to, event);
        if (whole) whole->take(to.event);
        const bool now = to.event.kind == RWKVK_EVENT_DONE || to.event.kind == RWKVK_EVENT_HIDDEN;
        if (now || !whole) sink(user, &to.event);
    };
}

engine::Request to_request(const rwkvk_engine_request& given) {
    engine::Request request;
    text::SamplerParams sampling;
    if (given.prompt) {
        const ConversationPrompt& prompt = given.prompt->prompt;
        request.prompt = prompt.tokens;
        if (prompt.lasting_tokens > 0) request.keep = {prompt.lasting_tokens};
        request.ends = given.prompt->ends.tokens;
        request.stops = given.prompt->ends.texts;
        request.start = given.prompt->start;
        sampling = given.prompt->sampling;
    } else {
        if (given.token_count > 0) require(given.tokens, "tokens");
        if (given.keep_count > 0) require(given.keep, "keep");
        request.prompt.assign(given.tokens, given.tokens + given.token_count);
        request.keep.assign(given.keep, given.keep + given.keep_count);
        if (given.reply_start < RWKVK_REPLY_VERBATIM || given.reply_start > RWKVK_REPLY_CLOSE_TAG) {
            throw Error(Code::bad_argument,
                        concat("reply_start is ", given.reply_start, ", expected one of RWKVK_REPLY_*"));
        }
        request.start = static_cast<text::ReplyStart>(given.reply_start);
    }
    if (given.end_count > 0) require(given.ends, "ends");
    request.ends.insert(request.ends.end(), given.ends, given.ends + given.end_count);
    for (std::string& stop : to_strings(given.stops, given.stop_count, "stops"))
        request.stops.push_back(std::move(stop));
    if (given.sampling) sampling = to_params(complete(given.sampling, rwkvk_sampler_params_default));
    request.sampler = given.sampler ? given.sampler->sampler : text::Sampler(sampling);
    if (request.start != text::ReplyStart::verbatim) request.sampler.begin_reply(request.start);
    request.limit = given.max_tokens;
    if (given.from) request.from = given.from->state;
    request.wants_state = given.wants_snapshot != 0;
    request.scores_prompt = given.wants_prompt_scores != 0;
    if (given.wants_scores != 0 || request.scores_prompt) request.alternatives = given.alternatives;
    if (given.wants_hidden < RWKVK_WANT_NOTHING || given.wants_hidden > RWKVK_WANT_ALL) {
        throw Error(Code::bad_argument,
                    concat("wants_hidden is ", given.wants_hidden, ", expected one of RWKVK_WANT_*"));
    }
    request.hidden = static_cast<Want>(given.wants_hidden);
    request.owner = text_or_empty(given.owner);
    request.domain = text_or_empty(given.domain);
    return request;
}

/// Parameters of a context that outlive what they point to.
struct KeptParams {
    rwkvk_context_params params;
    std::string device;
    std::shared_ptr<rwkvk_device> own;  // null: none

    explicit KeptParams(const rwkvk_context_params* given)
        : params(complete(given, rwkvk_context_params_default)), device(text_or_empty(params.device)) {
        if (!given) params.slots = default_slots;
        if (params.own_device) own = std::make_shared<rwkvk_device>(*params.own_device);
    }
    rwkvk_context_params get() const {
        rwkvk_context_params all = params;
        all.device = device.c_str();
        all.own_device = own.get();
        return all;
    }
};

}  // namespace

void rwkvk_engine_params_default(rwkvk_engine_params* params, uint32_t size) {
    const engine::EngineOptions defaults;
    set_defaults({.size = size,
                  .context = nullptr,
                  .queue = defaults.queue,
                  .step_us = static_cast<uint32_t>(defaults.step_seconds * 1e6),
                  .cache_bytes = defaults.cache_bytes,
                  .own_thread = 0},
                 params, size);
}

void rwkvk_engine_request_default(rwkvk_engine_request* request, uint32_t size) {
    rwkvk_engine_request defaults{};
    defaults.size = size;
    defaults.max_tokens = 2048;
    set_defaults(defaults, request, size);
}

rwkvk_status rwkvk_engine_create(rwkvk_model* model, const rwkvk_tokenizer* tokenizer,
                                 const rwkvk_engine_params* params, rwkvk_engine** created) {
    if (!model) return RWKVK_BAD_ARGUMENT;
    return guarded(*model->runtime, [&] {
        require(tokenizer, "tokenizer");
        require(created, "engine");
        const rwkvk_engine_params all = complete(params, rwkvk_engine_params_default);
        const KeptParams kept(all.context);
        auto made = std::make_unique<rwkvk_engine>();
        made->runtime = model->runtime;
        made->model = model->model;
        const auto open = [runtime = model->runtime, loaded = model->model, kept, name = &made->device] {
            rwkvk_context_params context_params = kept.get();
            if (!name->empty()) context_params.progress = nullptr;  // whoever watched may be gone
            const std::shared_ptr<OpenContext> context = open_context(*runtime, loaded, context_params);
            *name = context->name;
            return std::shared_ptr<Context>(context, context->context.get());
        };
        made->served.reset(new ServedEngine{.home = {},
                                            .engine{model->model,
                                                    tokenizer->tokenizer,
                                                    open,
                                                    {.queue = all.queue > 0 ? all.queue : UINT32_MAX,
                                                     .step_seconds = all.step_us * 1e-6,
                                                     .cache_bytes = all.cache_bytes,
                                                     .threads = accept_threads(kept.params.threads)}},
                                            .driver = {}});
        if (all.own_thread != 0) {
            made->served->driver = std::jthread(
                [&engine = made->served->engine, runtime = model->runtime](std::stop_token stop) {
                    if (guarded(*runtime, [&] { engine.run(stop); }) != RWKVK_OK)
                        log(LogLevel::error, concat("an engine has stopped: ", runtime->last_error()));
                });
        }
        *created = made.release();
    });
}

void rwkvk_engine_destroy(rwkvk_engine* engine) {
    if (!engine) return;
    guarded(*engine->runtime, [&] { delete engine; });
}

const char* rwkvk_engine_device(const rwkvk_engine* engine) { return engine ? engine->device.c_str() : ""; }

rwkvk_status rwkvk_engine_submit(rwkvk_engine* engine, const rwkvk_engine_request* request, uint64_t* id) {
    if (!engine) return RWKVK_BAD_ARGUMENT;
    return guarded(*engine->runtime, [&] {
        require(request, "request");
        const rwkvk_engine_request all = complete(request, rwkvk_engine_request_default);
        auto whole = all.wants_whole != 0 ? std::make_shared<WholeAnswer>() : nullptr;
        const uint64_t number =
            engine->use().submit(to_request(all), to_sink(*engine, all.event, all.user, std::move(whole)));
        if (id) *id = number;
    });
}

rwkvk_status rwkvk_engine_fork(rwkvk_engine* engine, uint64_t of, uint64_t seed, rwkvk_event_fn event,
                               void* user, uint64_t* id) {
    if (!engine) return RWKVK_BAD_ARGUMENT;
    return guarded(*engine->runtime, [&] {
        const uint64_t number = engine->use().fork(of, seed, to_sink(*engine, event, user));
        if (id) *id = number;
    });
}

void rwkvk_engine_cancel(rwkvk_engine* engine, uint64_t id) {
    if (!engine) return;
    guarded(*engine->runtime, [&] { engine->use().cancel(id); });
}

rwkvk_status rwkvk_engine_cached(rwkvk_engine* engine, const char* domain, const rwkvk_token* tokens,
                                 size_t count, size_t* cached) {
    if (!engine) return RWKVK_BAD_ARGUMENT;
    return guarded(*engine->runtime, [&] {
        if (count > 0) require(tokens, "tokens");
        require(cached, "cached");
        *cached = engine->use().cached(text_or_empty(domain), {tokens, count});
    });
}

rwkvk_status rwkvk_engine_keep(rwkvk_engine* engine, const char* domain, const rwkvk_snapshot* snapshot) {
    if (!engine) return RWKVK_BAD_ARGUMENT;
    return guarded(*engine->runtime, [&] {
        require(snapshot, "snapshot");
        if (snapshot->model != engine->model)
            throw Error(Code::bad_argument, "the snapshot is one of another model");
        engine->use().keep(text_or_empty(domain), *snapshot->state);
    });
}

rwkvk_status rwkvk_engine_step(rwkvk_engine* engine, uint32_t budget_us, int32_t* more) {
    if (!engine) return RWKVK_BAD_ARGUMENT;
    return guarded(*engine->runtime, [&] {
        engine::Engine& steps = engine->use();
        if (engine->served->driver.joinable())
            throw Error(Code::bad_argument, "this engine has a thread of its own, which steps");
        const bool left = steps.step(budget_us > 0 ? std::optional(budget_us * 1e-6) : std::nullopt);
        if (more) *more = left;
    });
}

rwkvk_status rwkvk_engine_info_get(const rwkvk_engine* engine, rwkvk_engine_info* info) {
    if (!engine) return RWKVK_BAD_ARGUMENT;
    return guarded(*engine->runtime, [&] {
        const engine::EngineStatistics now = engine->use().statistics();
        const rwkvk_engine_info full{.size = sizeof full,
                                     .running = static_cast<uint32_t>(now.running),
                                     .waiting = static_cast<uint32_t>(now.waiting),
                                     .kept_states = now.kept_states,
                                     .kept_bytes = now.kept_bytes,
                                     .steps = now.steps,
                                     .rows = now.rows,
                                     .prompt_tokens = now.prompt_tokens,
                                     .cached_tokens = now.cached_tokens,
                                     .answer_tokens = now.answer_tokens,
                                     .finished = now.finished,
                                     .failed = now.failed,
                                     .rebuilds = now.rebuilds,
                                     .device_bytes = now.device_bytes};
        hand_out(full, info);
    });
}
