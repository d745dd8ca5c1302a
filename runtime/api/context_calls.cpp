#include "runtime/session/context.h"

#include "runtime/api/handles.h"
#include "runtime/api/open_context.h"
#include "runtime/session/initial_state.h"
#include "runtime/session/state_file.h"

using namespace rwkvk;
using namespace rwkvk::api;

namespace {

Feed to_feed(const rwkvk_feed_item& item, uint32_t width) {
    if (item.count > 0) require(item.tokens, "tokens");
    const int32_t rows = item.want & ~RWKVK_WANT_HIDDEN;
    if (rows < RWKVK_WANT_NOTHING || rows > RWKVK_WANT_ALL) {
        throw Error(Code::bad_argument, concat("want is ", item.want, ", expected one of RWKVK_WANT_*"));
    }
    return {.slot = item.slot,
            .tokens = {item.tokens, item.count},
            .want = static_cast<Want>(rows),
            .hidden = rows != item.want,
            .vectors = {item.vectors, item.vectors ? item.count * width : 0}};
}

}  // namespace

static_assert(static_cast<int32_t>(Want::nothing) == RWKVK_WANT_NOTHING &&
              static_cast<int32_t>(Want::last) == RWKVK_WANT_LAST &&
              static_cast<int32_t>(Want::all) == RWKVK_WANT_ALL);

void rwkvk_context_params_default(rwkvk_context_params* params, uint32_t size) {
    set_defaults({.size = size,
                  .device = nullptr,
                  .math = RWKVK_MATH_EXACT,
                  .slots = 1,
                  .max_rows = 128,
                  .threads = 0,
                  .progress = nullptr,
                  .progress_user = nullptr,
                  .device_weight_bytes = 0,
                  .own_device = nullptr},
                 params, size);
}

rwkvk_status rwkvk_context_create(rwkvk_model* model, const rwkvk_context_params* params,
                                  rwkvk_context** context) {
    if (!model) return RWKVK_BAD_ARGUMENT;
    return guarded(*model->runtime, [&] {
        require(context, "context");
        *context = new rwkvk_context{
            model->runtime,
            open_context(*model->runtime, model->model, complete(params, rwkvk_context_params_default))};
    });
}

void rwkvk_context_destroy(rwkvk_context* context) {
    if (context) context->open->context->on_progress({});  // chats may live on
    delete context;
}

const char* rwkvk_context_device(const rwkvk_context* context) {
    return context ? context->open->name.c_str() : "";
}

uint64_t rwkvk_context_device_bytes(const rwkvk_context* context) {
    return context ? context->open->context->backend().device_bytes() : 0;
}

rwkvk_status rwkvk_feed(rwkvk_context* context, const rwkvk_feed_item* items, size_t count, uint32_t chunk,
                        rwkvk_logits_fn sink, void* user) {
    if (!context) return RWKVK_BAD_ARGUMENT;
    return guarded(*context->runtime, [&] {
        if (count > 0) require(items, "items");
        Context& on = context->open->use();
        std::vector<Feed> feeds;
        for (size_t i = 0; i < count; ++i) feeds.push_back(to_feed(items[i], on.model().programs().width));
        on.take_interrupt();
        on.feed(
            feeds,
            [&](size_t item, size_t position, std::span<const float> logits) {
                if (sink) sink(user, item, position, logits.data(), logits.size());
            },
            chunk == 0 ? most_rows : chunk);
    });
}

rwkvk_status rwkvk_eval(rwkvk_context* context, uint32_t slot, const rwkvk_token* tokens, size_t count,
                        float* logits) {
    if (!context) return RWKVK_BAD_ARGUMENT;
    if (logits && count == 0) {
        return guarded(*context->runtime, [] {
            throw Error(Code::bad_argument, "there are no tokens, so no logits: feed at least one");
        });
    }
    const rwkvk_feed_item item{.slot = slot,
                               .want = logits ? RWKVK_WANT_LAST : RWKVK_WANT_NOTHING,
                               .tokens = tokens,
                               .count = count,
                               .vectors = nullptr};
    const auto copy = [](void* to, size_t, size_t, const float* row, size_t elements) {
        std::copy_n(row, elements, static_cast<float*>(to));
    };
    return rwkvk_feed(context, &item, 1, 0, copy, logits);
}

void rwkvk_context_interrupt(rwkvk_context* context) {
    if (context) context->open->context->interrupt();
}

namespace {

/// The body of a call on a context.
template <typename Body>
rwkvk_status with(rwkvk_context* context, const Body& body) {
    if (!context) return RWKVK_BAD_ARGUMENT;
    return guarded(*context->runtime, [&] { body(context->open->use()); });
}

}  // namespace

rwkvk_status rwkvk_context_on_progress(rwkvk_context* context, rwkvk_feed_progress_fn progress, void* user) {
    return with(context, [&](Context& on) {
        on.on_progress(
            progress ? Context::Progress([=](size_t done, size_t total) { progress(user, done, total); })
                     : nullptr);
    });
}

rwkvk_status rwkvk_state_reset(rwkvk_context* context, uint32_t slot) {
    return with(context, [&](Context& on) { on.reset(slot); });
}

rwkvk_status rwkvk_state_copy(rwkvk_context* context, uint32_t from, uint32_t to) {
    return with(context, [&](Context& on) { on.copy(from, to); });
}

rwkvk_status rwkvk_state_get(rwkvk_context* context, uint32_t slot, float* values, size_t count) {
    return with(context, [&](Context& on) {
        require(values, "values");
        const std::vector<float> state = on.state(slot);
        if (count != state.size()) {
            throw Error(Code::bad_shape,
                        concat("a state of this model has ", state.size(), " elements, found ", count));
        }
        std::copy(state.begin(), state.end(), values);
    });
}

rwkvk_status rwkvk_state_set(rwkvk_context* context, uint32_t slot, const float* values, size_t count) {
    return with(context, [&](Context& on) {
        require(values, "values");
        on.set_state(slot, {values, count});
    });
}

rwkvk_status rwkvk_state_save(rwkvk_context* context, uint32_t slot, const char* path, uint64_t position) {
    return with(context, [&](Context& on) {
        require_output(path);
        write_state_file(path, on.model(), on.state(slot), position);
    });
}

rwkvk_status rwkvk_state_load(rwkvk_context* context, uint32_t slot, const char* path, uint64_t* position) {
    return with(context, [&](Context& on) {
        require(path, "path");
        const SavedState saved = read_state_file(path, on.model());
        on.set_state(slot, saved.values);
        if (position) *position = saved.position;
    });
}

rwkvk_status rwkvk_state_load_initial(rwkvk_context* context, const char* path) {
    return with(context, [&](Context& on) {
        on.set_initial(path ? read_initial_state(path, on.model()) : std::vector<float>(),
                       text_or_empty(path));
    });
}
