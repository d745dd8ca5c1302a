#include "runtime/model/model.h"

#include "runtime/api/handles.h"
#include "runtime/model/mixtures.h"

using namespace rwkvk;
using namespace rwkvk::api;

namespace {

std::vector<AdapterChoice> to_adapters(const rwkvk_model_params& params) {
    if (params.adapter_count > 0) require(params.adapters, "adapters");
    std::vector<AdapterChoice> adapters;
    for (size_t i = 0; i < params.adapter_count; ++i) {
        require(params.adapters[i].path, "the path of an adapter");
        adapters.push_back({params.adapters[i].path, params.adapters[i].scale});
    }
    return adapters;
}

/// The model that `open` gives for the adapters, with its matrices as the caller wants them. A bad type is
/// found before a file is opened.
template <typename Open>
std::shared_ptr<const Model> open_model(const rwkvk_model_params* given, const Open& open) {
    const rwkvk_model_params params = complete(given, rwkvk_model_params_default);
    const auto adapters = to_adapters(params);
    if (!params.weights) return open(adapters);
    const MatrixFormats formats = matrix_formats_named(params.weights);
    return open(adapters)->stored_as(formats);
}

}  // namespace

void rwkvk_model_params_default(rwkvk_model_params* params, uint32_t size) {
    set_defaults({.size = size, .adapters = nullptr, .adapter_count = 0, .weights = nullptr}, params, size);
}

rwkvk_status rwkvk_model_load(rwkvk_runtime* runtime, const char* path, const rwkvk_model_params* params,
                              rwkvk_model** model) {
    if (!runtime) return RWKVK_BAD_ARGUMENT;
    return guarded(*runtime->runtime, [&] {
        require(path, "path");
        require(model, "model");
        *model = new rwkvk_model{runtime->runtime, open_model(params, [&](const auto& adapters) {
                                     return Model::load(path, adapters);
                                 })};
    });
}

rwkvk_status rwkvk_model_load_memory(rwkvk_runtime* runtime, const void* data, size_t bytes, const char* name,
                                     const rwkvk_model_params* params, rwkvk_model** model) {
    if (!runtime) return RWKVK_BAD_ARGUMENT;
    return guarded(*runtime->runtime, [&] {
        require(data, "data");
        require(name, "name");
        require(model, "model");
        const std::span file(static_cast<const std::byte*>(data), bytes);
        *model = new rwkvk_model{runtime->runtime, open_model(params, [&](const auto& adapters) {
                                     return Model::from_memory(file, name, adapters);
                                 })};
    });
}

void rwkvk_model_destroy(rwkvk_model* model) { delete model; }

rwkvk_status rwkvk_model_info_get(const rwkvk_model* model, rwkvk_model_info* info) {
    if (!model) return RWKVK_BAD_ARGUMENT;
    return guarded(*model->runtime, [&] {
        const Model& m = *model->model;
        const auto& d = m.dimensions();
        rwkvk_model_info full{};
        full.size = sizeof full;
        copy_text(m.name(), full.name);
        copy_text(m.version(), full.version);
        copy_text(m.format(), full.format);
        full.layers = d.layers;
        full.width = d.width;
        full.heads = d.heads;
        full.head_size = d.head_size;
        full.ffn = d.ffn;
        full.vocabulary = d.vocabulary;
        full.parameters = m.parameters();
        full.weight_bytes = m.weight_bytes();
        full.state_elements = m.state_bytes() / sizeof(float);
        hand_out(full, info);
    });
}

rwkvk_status rwkvk_model_fingerprint(const rwkvk_model* model, char hex[17]) {
    if (!model) return RWKVK_BAD_ARGUMENT;
    return guarded(*model->runtime, [&] {
        require(hex, "hex");
        const std::string digits = model->model->fingerprint();
        std::memcpy(hex, digits.c_str(), digits.size() + 1);
    });
}
