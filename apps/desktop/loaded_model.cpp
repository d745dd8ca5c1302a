#include "loaded_model.h"

#include <filesystem>

#include "demo_model.h"

namespace rwkvk::desktop {
namespace {

Model open(const Runtime& runtime, const ModelChoice& choice) {
    if (!choice.path.empty()) return runtime.load(choice.path);
    const std::string_view file = demo_model();
    return runtime.load_memory(file.data(), file.size(), name_of(choice));
}

}  // namespace

std::string name_of(const ModelChoice& choice) {
    if (choice.path.empty()) return "rwkvk-demo";
    return std::filesystem::path(choice.path).filename().string();
}

LoadedModel::LoadedModel(const Runtime& runtime, ModelChoice choice)
    : choice_(std::move(choice)), model_(open(runtime, choice_)), tokenizer_(model_.tokenizer()) {}

void LoadedModel::start(const std::vector<DeviceRow>& devices, const DrawingDevice& drawing,
                        const LoadProgress& progress) {
    draws_window_ = means_drawing(choice_.device, devices);
    rwkvk_context_params context = context_params();
    if (draws_window_) {
        context.own_device = drawing.device.get();
    } else {
        context.device = choice_.device.c_str();
    }
    context.slots = 1;  // one conversation is answered at a time
    context.progress = [](void* user, double fraction) -> int32_t {
        return (*static_cast<const LoadProgress*>(user))(fraction) ? 1 : 0;
    };
    context.progress_user = const_cast<LoadProgress*>(&progress);
    rwkvk_engine_params params = engine_params();
    params.context = &context;
    params.own_thread = 1;
    // The device outlives the engine, whoever lets go of it last.
    engine_ = {new Engine(model_, tokenizer_, params),
               [device = draws_window_ ? drawing.device : nullptr](Engine* engine) { delete engine; }};
}

const Snapshot& LoadedModel::state(const std::string& path) {
    if (!state_ || path != state_path_) {
        state_.emplace(model_, path);
        state_path_ = path;
    }
    return *state_;
}

ModelFacts LoadedModel::facts(const std::vector<DeviceRow>& devices) const {
    const rwkvk_model_info info = model_.info();
    ModelFacts facts;
    facts.path = choice_.path;
    facts.name = info.name;
    facts.version = info.version;
    facts.format = info.format;
    facts.tokenizer = tokenizer_.kind() + ", from " + tokenizer_.source();
    facts.layers = info.layers;
    facts.width = info.width;
    facts.parameters = info.parameters;
    facts.weight_bytes = info.weight_bytes;
    facts.device = engine_->device();
    facts.device_bytes = engine_->info().device_bytes;
    facts.on_cpu = facts.device.starts_with("cpu");
    facts.draws_window = draws_window_;
    for (const DeviceRow& row : devices) {
        if (draws_window_ ? row.draws : row.name == facts.device) facts.kernels = row.facts;
    }
    return facts;
}

}  // namespace rwkvk::desktop
