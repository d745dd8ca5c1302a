#include <set>

#include "host/vk/report.h"
#include "runtime/api/handles.h"
#include "runtime/check/verify.h"
#include "runtime/include/rwkvk_tools.h"

using namespace rwkvk;
using namespace rwkvk::api;

namespace {

check::VerifyOptions to_options(const rwkvk_verify_params& params) {
    check::VerifyOptions options{.tokens = params.tokens,
                                 .sequences = params.sequences,
                                 .seed = params.seed,
                                 .threads = accept_threads(params.threads),
                                 .gpu = {}};
    if (params.chunks) options.chunks.assign(params.chunks, params.chunks + params.chunk_count);
    return options;
}

void send(const check::VerifyReport& report, const rwkvk_verify_sink& sink) {
    for (const check::OpReport& row : report.ops) {
        const std::string op(info(row.op).name);
        const rwkvk_verify_op out{.op = op.c_str(),
                                  .where = row.where.c_str(),
                                  .steps = row.steps,
                                  .values = row.values,
                                  .differing = row.differing,
                                  .worst = row.worst};
        if (sink.op) sink.op(sink.user, &out);
    }
    for (const auto& row : report.runs) {
        const rwkvk_verify_run out{
            .name = row.name.c_str(), .values = row.values, .differing = row.differing};
        if (sink.run) sink.run(sink.user, &out);
    }
}

}  // namespace

void rwkvk_verify_params_default(rwkvk_verify_params* params, uint32_t size) {
    const check::VerifyOptions defaults;
    set_defaults({.size = size,
                  .device = nullptr,
                  .tokens = defaults.tokens,
                  .chunks = nullptr,
                  .chunk_count = 0,
                  .sequences = defaults.sequences,
                  .threads = 0,
                  .seed = defaults.seed},
                 params, size);
}

rwkvk_status rwkvk_tools_verify(rwkvk_model* model, const rwkvk_verify_params* given,
                                const rwkvk_verify_sink* sink, rwkvk_verify_summary* summary) {
    if (!model) return RWKVK_BAD_ARGUMENT;
    return guarded(*model->runtime, [&] {
        const rwkvk_verify_params params = complete(given, rwkvk_verify_params_default);
        const std::string wanted = text_or_empty(params.device);
        if (is_cpu(wanted))
            throw Error(Code::bad_argument, "verify compares a device with the CPU: give a device");
        // A device that fails its self-test shall be shown where.
        OpenDevice device(*model->runtime, wanted, OpenDevice::Use::compute);
        const check::VerifyReport report = check::verify(model->model, device.kernels(), to_options(params));
        if (sink) send(report, *sink);
        rwkvk_verify_summary full{};
        full.size = sizeof full;
        copy_text(device.facts().name, full.device);
        copy_text(device.matrix_kernel(), full.matrix_kernel);
        copy_text(report.fingerprint_device, full.fingerprint);
        copy_text(report.fingerprint_cpu, full.fingerprint_cpu);
        full.dispatches = report.dispatches;
        full.equal = report.equal();
        hand_out(full, summary);
    });
}

rwkvk_status rwkvk_tools_device_properties(rwkvk_runtime* runtime, uint32_t index, rwkvk_property_fn sink,
                                           void* user) {
    if (!runtime) return RWKVK_BAD_ARGUMENT;
    return guarded(*runtime->runtime, [&] {
        if (!sink) throw Error(Code::bad_argument, "sink is NULL");
        const auto instance = runtime->runtime->instance();
        const vk::Instance::Candidate& candidate = device_at(*instance, index);
        std::vector<vk::ReportedProperty> rows = vk::report_properties(*instance, candidate);
        if (candidate.facts.memory_bytes >
            0) {  // else a driver that only compiles, and may crash when opened
            const vk::Device device(instance, candidate, vk::masked_by_environment(candidate.facts));
            for (vk::ReportedProperty& row : vk::report_memory(device)) rows.push_back(std::move(row));
        }
        for (const vk::ReportedProperty& row : rows)
            sink(user, row.group.c_str(), row.name.c_str(), row.json.c_str());
    });
}

namespace {

/// Formats whose kernels are wanted: those of the model, or all.
std::set<WeightFormat> wanted_formats(const rwkvk_model* handle) {
    std::set<WeightFormat> formats;
    if (!handle) {
        for (size_t i = 0; i < all_weights().size(); ++i) formats.insert(static_cast<WeightFormat>(i));
        return formats;
    }
    const Model& model = *handle->model;
    for (const Program* program : {&model.programs().body, &model.programs().head}) {
        for (const MatrixRequest& request : program->matrices)
            formats.insert(model.weights().find(request.name)->format);
    }
    return formats;
}

std::string join(const std::vector<uint32_t>& values) {
    std::string result;
    for (const uint32_t value : values) result += concat(result.empty() ? "" : ",", value);
    return result;
}

void create_and_send(gpu::KernelStore& kernels, const KernelChoice& choice, WeightFormat format,
                     rwkvk_kernel_fn sink, void* user) {
    const std::string name = module_name(choice.kernel, format), constants = join(choice.constants);
    std::string failure;
    std::vector<vk::PipelineStatistic> found;
    try {
        found = kernels.get(choice, format).statistics();
    } catch (const Error& error) {
        failure = error.what();
    }
    std::vector<rwkvk_statistic> statistics;
    for (const vk::PipelineStatistic& statistic : found)
        statistics.push_back({statistic.name.c_str(), statistic.value.c_str()});
    const rwkvk_kernel_row row{.kernel = name.c_str(),
                               .constants = constants.c_str(),
                               .failure = failure.c_str(),
                               .statistics = statistics.data(),
                               .statistic_count = statistics.size()};
    sink(user, &row);
}

}  // namespace

rwkvk_status rwkvk_tools_kernels(rwkvk_runtime* runtime, const char* wanted, const rwkvk_model* model,
                                 rwkvk_kernel_fn sink, void* user, char* device_name, size_t capacity) {
    if (!runtime) return RWKVK_BAD_ARGUMENT;
    return guarded(*runtime->runtime, [&] {
        const std::set<WeightFormat> formats = wanted_formats(model);
        OpenDevice device(*runtime->runtime, text_or_empty(wanted), OpenDevice::Use::statistics);
        for (size_t op = 0; op < all_ops().size(); ++op) {
            for (const KernelChoice& choice : all_choices(static_cast<Op>(op), device.facts())) {
                const bool one = info(choice.kernel).weights == KernelWeights::one;
                for (const WeightFormat format : one ? std::set<WeightFormat>{WeightFormat::f32} : formats) {
                    if (one || has_variant(choice.kernel, format))
                        create_and_send(device.kernels(), choice, format, sink, user);
                }
            }
        }
        copy_text(device.facts().name, device_name, capacity);
    });
}
