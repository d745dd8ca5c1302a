#include "presets.h"

namespace rwkvk::desktop {
namespace {

constexpr Preset all[] = {Preset::model, Preset::precise, Preset::balanced, Preset::creative, Preset::custom};

struct Row {
    const char *name, *purpose;
    float temperature, top_p, presence, frequency;
};
constexpr Row rows[] = {
    {"Model's own", "What the model's file recommends", 0, 0, 0, 0},
    {"Precise", "Always the most probable token; the same answer every time", 0, 1, 0, 0},
    {"Balanced", "Probable words, a little variety", 1, 0.5f, 0.1f, 0.1f},
    {"Creative", "Less probable words too, and fewer repetitions", 1.2f, 0.8f, 0.3f, 0.3f},
    {"Custom", "Set below", 0, 0, 0, 0}};

const Row& row_of(Preset preset) { return rows[static_cast<size_t>(preset)]; }

}  // namespace

std::span<const Preset> presets() { return all; }
const char* name_of(Preset preset) { return row_of(preset).name; }
const char* purpose_of(Preset preset) { return row_of(preset).purpose; }

Preset preset_called(const std::string& name) {
    for (const Preset preset : all) {
        if (name == name_of(preset)) return preset;
    }
    return Preset::model;
}

rwkvk_sampler_params sampler_of(const Sampling& sampling, rwkvk_sampler_params own) {
    if (sampling.preset == Preset::model) return own;
    rwkvk_sampler_params params;
    rwkvk_sampler_params_default(&params, sizeof params);
    params.seed = own.seed;
    if (sampling.preset == Preset::custom) {
        params.temperature = sampling.temperature;
        params.top_p = sampling.top_p;
        params.top_k = sampling.top_k;
        params.presence = sampling.presence;
        params.frequency = sampling.frequency;
        return params;
    }
    const Row& row = row_of(sampling.preset);
    params.temperature = row.temperature;
    params.top_p = row.top_p;
    params.presence = row.presence;
    params.frequency = row.frequency;
    return params;
}

}  // namespace rwkvk::desktop
