#include "runtime/session/context.h"

#include "runtime/api/handles.h"
#include "runtime/api/placement.h"
#include "runtime/cpu/backend.h"
#include "runtime/gpu/backend.h"
#include "runtime/graph/split_backend.h"
#include "runtime/graph/weight_requests.h"
#include "runtime/session/generation.h"
#include "runtime/session/initial_state.h"
#include "runtime/session/state_file.h"

using namespace rwkvk;
using namespace rwkvk::api;

namespace {

constexpr uint32_t most_rows = 512, most_slots = 1u << 16, most_threads = 1024;

void require_between(uint32_t value, uint32_t least, uint32_t most, const char* name) {
    if (value >= least && value <= most) return;
    throw Error(Code::bad_argument, concat(name, " is ", value, ", expected ", least, " to ", most));
}

BackendOptions backend_options(const rwkvk_context_params& params) {
    if (params.math != RWKVK_MATH_EXACT) {
        throw Error(Code::bad_argument, concat("math is ", params.math, ", expected RWKVK_MATH_EXACT"));
    }
    require_between(params.slots, 1, most_slots, "slots");
    require_between(params.max_rows, 1, most_rows, "max_rows");
    require_between(params.threads, 0, most_threads, "threads");
    BackendOptions options{.max_rows = params.max_rows,
                           .slots = params.slots,
                           .spare_slots = Generation::spare_slots,
                           .weight_bytes = params.device_weight_bytes};
    if (params.progress) {
        options.progress = [progress = params.progress, user = params.progress_user](double fraction) {
            return progress(user, fraction) != 0;
        };
    }
    return options;
}

/// The model, or a part of it, on the CPU or on a device, which is opened.
std::unique_ptr<Backend> place(Runtime& runtime, const Model& model, const ModelPrograms& programs,
                               const std::string& device, const BackendOptions& options, uint32_t threads,
                               OpenContext& open) {
    if (wants_cpu(runtime, device))
        return cpu::make_backend(programs, model.weights(), options, {.threads = accept_threads(threads)});
    OpenDevice& opened =
        *open.devices.emplace_back(std::make_unique<OpenDevice>(runtime, device, OpenDevice::Use::compute));
    opened.require_exact(formats_of({&programs.body, &programs.head}, model.weights()));
    return gpu::make_backend(programs, model.weights(), options, opened.kernels(), {});
}

std::shared_ptr<OpenContext> open(Runtime& runtime, std::shared_ptr<const Model> model,
                                  const rwkvk_context_params& params) {
    const BackendOptions options = backend_options(params);
    const ModelPrograms& programs = model->programs();
    const std::vector<Placement> parts = placements(text_or_empty(params.device), layer_count(programs.body));
    auto open = OpenContext::make();
    std::unique_ptr<Backend> backend;
    if (parts.size() == 1) {
        backend = place(runtime, *model, programs, parts[0].device, options, params.threads, *open);
    } else {
        std::vector<uint32_t> layers;
        for (const Placement& part : parts) layers.push_back(part.layers);
        backend = make_split_backend(
            programs, layers, options, [&](size_t part, const ModelPrograms& own, const Progress& progress) {
                BackendOptions of_part = options;
                of_part.progress = progress;
                return place(runtime, *model, own, parts[part].device, of_part, params.threads, *open);
            });
    }
    open->name = backend->description();
    open->context = std::make_unique<Context>(std::move(model), std::move(backend));
    std::string kernels;
    for (const auto& device : open->devices) kernels += concat("; matrices by ", device->matrix_kernel());
    log(LogLevel::info, concat("running on ", open->name, kernels));
    return open;
}

Feed to_feed(const rwkvk_feed_item& item, uint32_t width) {
    if (item.count > 0) require(item.tokens, "tokens");
    if (item.want < RWKVK_WANT_NOTHING || item.want > RWKVK_WANT_ALL) {
        throw Error(Code::bad_argument, concat("want is ", item.want, ", expected one of RWKVK_WANT_*"));
    }
    return {.slot = item.slot,
            .tokens = {item.tokens, item.count},
            .want = static_cast<Want>(item.want),
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
                  .device_weight_bytes = 0},
                 params, size);
}

rwkvk_status rwkvk_context_create(rwkvk_model* model, const rwkvk_context_params* params,
                                  rwkvk_context** context) {
    if (!model) return RWKVK_BAD_ARGUMENT;
    return guarded(*model->runtime, [&] {
        require(context, "context");
        *context = new rwkvk_context{model->runtime, open(*model->runtime, model->model,
                                                          complete(params, rwkvk_context_params_default))};
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
