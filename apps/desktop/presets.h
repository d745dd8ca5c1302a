#pragma once
// Ways to draw the tokens of an answer, by names that a person can choose from.

#include <rwkvk.h>

#include <cstdint>
#include <span>
#include <string>

namespace rwkvk::desktop {

enum class Preset { model, precise, balanced, creative, custom };

struct Sampling {
    Preset preset = Preset::model;
    uint64_t seed = 0;  // 0: every answer draws its own
    // Of Preset::custom:
    float temperature = 1, top_p = 0.5f;
    uint32_t top_k = 0;
    float presence = 0, frequency = 0;
};

std::span<const Preset> presets();
const char* name_of(Preset preset);
/// One line that says what it is for.
const char* purpose_of(Preset preset);
/// Preset::model for a name that there is not.
Preset preset_called(const std::string& name);

/// `own` is what the model recommends; its seed stays.
rwkvk_sampler_params sampler_of(const Sampling& sampling, rwkvk_sampler_params own);

}  // namespace rwkvk::desktop
