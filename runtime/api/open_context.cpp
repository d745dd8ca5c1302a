#include "runtime/api/open_context.h"

#include "runtime/api/own_device.h"
#include "runtime/api/placement.h"
#include "runtime/cpu/backend.h"
#include "runtime/gpu/backend.h"
#include "runtime/graph/split_backend.h"
#include "runtime/graph/weight_requests.h"
#include "runtime/session/generation.h"

namespace rwkvk::api {
namespace {

constexpr uint32_t most_slots = 1u << 16, most_threads = 1024;

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

std::unique_ptr<Backend> place_on(OpenDevice& device, const Model& model, const ModelPrograms& programs,
                                  const BackendOptions& options) {
    device.require_exact(formats_of({&programs.body, &programs.head}, model.weights()));
    return gpu::make_backend(programs, model.weights(), options, device.kernels(), {});
}

/// The model, or a part of it, on the CPU or on a device, which is opened.
std::unique_ptr<Backend> place(Runtime& runtime, const Model& model, const ModelPrograms& programs,
                               const std::string& device, const BackendOptions& options, uint32_t threads,
                               OpenContext& open) {
    if (wants_cpu(runtime, device))
        return cpu::make_backend(programs, model.weights(), options, {.threads = accept_threads(threads)});
    return place_on(
        *open.devices.emplace_back(std::make_unique<OpenDevice>(runtime, device, OpenDevice::Use::compute)),
        model, programs, options);
}

}  // namespace

std::shared_ptr<OpenContext> open_context(Runtime& runtime, std::shared_ptr<const Model> model,
                                          const rwkvk_context_params& params) {
    const BackendOptions options = backend_options(params);
    const ModelPrograms& programs = model->programs();
    const std::vector<Placement> parts = placements(text_or_empty(params.device), layer_count(programs.body));
    auto open = OpenContext::make();
    std::unique_ptr<Backend> backend;
    if (params.own_device) {
        if (params.device && *params.device)
            throw Error(Code::bad_argument, "device and own_device are both given: leave one out");
        backend = place_on(
            *open->devices.emplace_back(std::make_unique<OpenDevice>(runtime, params.own_device->own)),
            *model, programs, options);
    } else if (parts.size() == 1) {
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

}  // namespace rwkvk::api
