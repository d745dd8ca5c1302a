#include "runtime/api/handles.h"
#include "runtime/include/rwkvk_tools.h"

using namespace rwkvk;
using namespace rwkvk::api;

rwkvk_status rwkvk_tools_bench_facts(rwkvk_context* context, rwkvk_bench_facts* facts) {
    if (!context) return RWKVK_BAD_ARGUMENT;
    return guarded(*context->runtime, [&] {
        Context& on = *context->open->context;
        const Token token = 0;
        const Feed feed{.slot = 0, .tokens = {&token, 1}, .want = Want::nothing, .vectors = {}};
        on.feed({&feed, 1}, [](size_t, size_t, std::span<const float>) {});
        uint32_t dispatches = on.backend().last_run().dispatches;
        on.backend().run(Part::head, {1, {{tables::numbers, {0}}}});
        dispatches += on.backend().last_run().dispatches;
        const OpenDevice* device = context->open->device.get();
        rwkvk_bench_facts full{};
        full.size = sizeof full;
        copy_text(context->open->name, full.device);
        if (device) copy_text(device->facts().driver, full.driver);
        full.on_host = !device || device->facts().type == vk::DeviceType::software;
        full.dispatches_per_token = dispatches;
        full.peak_device_bytes = on.backend().peak_device_bytes();
        hand_out(full, facts);
    });
}

double rwkvk_tools_bytes_per_token(const rwkvk_model* handle, uint32_t batch) {
    if (!handle || batch == 0) return 0;
    const Model& model = *handle->model;
    const auto embedding = *model.weights().find("emb.weight");
    const uint64_t table = stored_bytes(embedding.format, uint64_t{embedding.out} * embedding.in);
    return static_cast<double>(model.weight_bytes() - table) / batch +
           static_cast<double>(stored_bytes(embedding.format, embedding.in)) +
           2.0 * static_cast<double>(model.state_bytes());
}
