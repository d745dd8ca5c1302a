#include "runtime/api/handles.h"
#include "runtime/api/placement.h"
#include "runtime/check/bench.h"
#include "runtime/check/latency.h"
#include "runtime/check/probe.h"
#include "runtime/include/rwkvk_tools.h"

using namespace rwkvk;
using namespace rwkvk::api;

namespace {

check::BenchOptions to_options(const rwkvk_bench_params* given) {
    const rwkvk_bench_params params = complete(given, rwkvk_bench_params_default);
    check::BenchOptions options{
        .prompt = params.prompt, .generate = params.generate, .repeats = params.repeats};
    if (params.batches) options.batches.assign(params.batches, params.batches + params.batch_count);
    if (options.batches.empty() || options.repeats == 0)
        throw Error(Code::bad_argument, "bench: expected at least one batch and one repeat, found none");
    return options;
}

void send_ops(Context& context, const std::string& test, uint32_t rows, uint32_t repeats,
              const rwkvk_bench_sink& sink) {
    for (const check::OpTime& op : check::time_ops(context, rows, repeats)) {
        const rwkvk_bench_op out{.test = test.c_str(),
                                 .op = op.op.c_str(),
                                 .calls_per_token = op.calls_per_token,
                                 .us_per_token = op.us_per_token,
                                 .share = op.share,
                                 .gb_per_second = op.gb_per_second};
        if (sink.op) sink.op(sink.user, &out);
    }
}

}  // namespace

void rwkvk_bench_params_default(rwkvk_bench_params* params, uint32_t size) {
    const check::BenchOptions defaults;
    set_defaults({.size = size,
                  .prompt = defaults.prompt,
                  .generate = defaults.generate,
                  .batches = nullptr,
                  .batch_count = 0,
                  .repeats = defaults.repeats,
                  .per_op = 0},
                 params, size);
}

void rwkvk_bench_needs(const rwkvk_bench_params* params, uint32_t* slots, uint32_t* max_rows) {
    *slots = *max_rows = 1;
    try {
        const check::BenchOptions options = to_options(params);
        *slots = check::slots_for(options);
        *max_rows = check::rows_for(options);
    } catch (...) {  // what is wrong with them, rwkvk_tools_bench says
    }
}

rwkvk_status rwkvk_tools_bench(rwkvk_context* context, const rwkvk_bench_params* params,
                               const rwkvk_bench_sink* sink, rwkvk_bench_summary* summary) {
    if (!context) return RWKVK_BAD_ARGUMENT;
    return guarded(*context->runtime, [&] {
        require(sink, "sink");
        Context& on = context->open->use();
        const check::BenchOptions options = to_options(params);
        for (const check::BenchRow& row : check::bench(on, options)) {
            const rwkvk_bench_row out{.test = row.test.c_str(),
                                      .tokens_per_second = row.tokens_per_second,
                                      .spread = row.spread,
                                      .bytes_per_token = row.bytes_per_token,
                                      .gb_per_second = row.gb_per_second,
                                      .runs_per_token = row.runs_per_token};
            if (sink->row) sink->row(sink->user, &out);
        }
        const auto& devices = context->open->devices;
        const OpenDevice* device = devices.empty() ? nullptr : devices.back().get();
        rwkvk_bench_summary full{};
        full.size = sizeof full;
        copy_text(context->open->name, full.device);
        if (device) copy_text(device->facts().driver, full.driver);
        full.on_host = !device || device->facts().type == vk::DeviceType::software;
        const RunStatistics work = check::work_per_token(on);
        full.dispatches_per_token = work.dispatches;
        full.barriers_per_token = work.barriers;
        full.peak_device_bytes = on.backend().peak_device_bytes();
        if (complete(params, rwkvk_bench_params_default).per_op) {
            const uint32_t rows = std::min(options.prompt, on.backend().options().max_rows);
            if (rows > 0) send_ops(on, concat("pp", rows), rows, options.repeats, *sink);
            send_ops(on, "tg", 1, options.repeats, *sink);
        }
        hand_out(full, summary);
    });
}

rwkvk_status rwkvk_tools_probe(rwkvk_runtime* runtime, const char* wanted, uint32_t threads,
                               rwkvk_probe* probe) {
    if (!runtime) return RWKVK_BAD_ARGUMENT;
    return guarded(*runtime->runtime, [&] {
        require(probe, "probe");
        const std::string on = last_device(text_or_empty(wanted));
        rwkvk_probe full{};
        full.size = sizeof full;
        if (wants_cpu(*runtime->runtime, on)) {
            full.read_bytes = check::probe_cpu(accept_threads(threads));
            copy_text("cpu", full.device);
            return hand_out(full, probe);
        }
        OpenDevice device(*runtime->runtime, on, OpenDevice::Use::look);
        const check::Latencies times = check::measure_latencies(device.kernels());
        full.read_bytes = check::probe_device(device.kernels());
        full.phase = times.phase;
        full.wide_phase = times.wide_phase;
        full.dispatch = times.dispatch;
        full.round_trip = times.round_trip;
        full.upload_bytes = times.upload_bytes;
        copy_text(device.facts().name, full.device);
        hand_out(full, probe);
    });
}
