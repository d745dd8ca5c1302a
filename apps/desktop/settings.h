#pragma once
// What the program remembers from one start to the next.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "presets.h"

namespace rwkvk::desktop {

enum class Theme { light, dark };

struct Settings {
    std::string model;                // a path; "": the embedded model
    std::vector<std::string> recent;  // paths, the newest first
    std::string device;               // as rwkvk_context_params; "": chosen by the library
    Theme theme = Theme::dark;
    float text_scale = 1;  // beside the monitor's own
    Sampling sampling;
    int32_t thinking = 0;        // RWKVK_THINK_*
    uint32_t max_tokens = 2048;  // of an answer

    /// Puts a model that was opened first, and forgets those beyond the tenth.
    void remember(const std::string& path);
};

std::string to_json(const Settings& settings);
/// What is missing or out of its range takes its default. Throws std::runtime_error for what is no JSON
/// object.
Settings settings_from_json(const std::string& text, const std::string& where);

struct LoadedSettings {
    Settings settings;
    std::string warning;  // why they are the defaults although there is a file; ""
};
LoadedSettings load_settings(const std::filesystem::path& path);

}  // namespace rwkvk::desktop
