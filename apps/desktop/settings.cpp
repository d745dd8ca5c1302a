#include "settings.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "folders.h"

namespace rwkvk::desktop {
namespace {

using nlohmann::json;

constexpr size_t recent_count = 10;

/// The value if it is of the type that is wanted, and between the limits.
template <typename T>
void take(const json& object, const char* key, T& value, T least, T most) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number()) return;
    const double number = found->get<double>();
    if (number >= static_cast<double>(least) && number <= static_cast<double>(most))
        value = static_cast<T>(number);
}

void take(const json& object, const char* key, std::string& value) {
    const auto found = object.find(key);
    if (found != object.end() && found->is_string()) value = found->get<std::string>();
}

json to_json(const Sampling& sampling) {
    return {{"preset", name_of(sampling.preset)},
            {"seed", sampling.seed},
            {"temperature", sampling.temperature},
            {"top_p", sampling.top_p},
            {"top_k", sampling.top_k},
            {"presence", sampling.presence},
            {"frequency", sampling.frequency}};
}

Sampling sampling_from(const json& object) {
    Sampling sampling;
    std::string preset;
    take(object, "preset", preset);
    sampling.preset = preset_called(preset);
    take(object, "seed", sampling.seed, uint64_t{0}, uint64_t{UINT32_MAX});
    take(object, "temperature", sampling.temperature, 0.0f, 5.0f);
    take(object, "top_p", sampling.top_p, 0.0f, 1.0f);
    take(object, "top_k", sampling.top_k, 0u, 1000u);
    take(object, "presence", sampling.presence, 0.0f, 2.0f);
    take(object, "frequency", sampling.frequency, 0.0f, 2.0f);
    return sampling;
}

}  // namespace

void Settings::remember(const std::string& path) {
    std::erase(recent, path);
    recent.insert(recent.begin(), path);
    if (recent.size() > recent_count) recent.resize(recent_count);
}

std::string to_json(const Settings& settings) {
    const json object = {
        {"model", settings.model},           {"recent", settings.recent},
        {"device", settings.device},         {"theme", settings.theme == Theme::dark ? "dark" : "light"},
        {"text_scale", settings.text_scale}, {"sampling", to_json(settings.sampling)},
        {"thinking", settings.thinking},     {"max_tokens", settings.max_tokens}};
    return object.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

Settings settings_from_json(const std::string& text, const std::string& where) {
    const json object = json::parse(text, nullptr, /*allow_exceptions*/ false);
    if (!object.is_object())
        throw std::runtime_error(where +
                                 ": expected a JSON object, found something else; the settings are those " +
                                 "of a first start, and the file will be replaced");
    Settings settings;
    take(object, "model", settings.model);
    take(object, "device", settings.device);
    std::string theme;
    take(object, "theme", theme);
    settings.theme = theme == "light" ? Theme::light : Theme::dark;
    take(object, "text_scale", settings.text_scale, 0.5f, 3.0f);
    take(object, "thinking", settings.thinking, 0, 4);
    take(object, "max_tokens", settings.max_tokens, 1u, 1000000u);
    if (object.contains("sampling")) settings.sampling = sampling_from(object["sampling"]);
    const json recent = object.value("recent", json::array());
    for (const json& path : recent) {
        if (path.is_string() && settings.recent.size() < recent_count)
            settings.recent.push_back(path.get<std::string>());
    }
    return settings;
}

LoadedSettings load_settings(const std::filesystem::path& path) {
    if (!std::filesystem::exists(path)) return {};
    try {
        return {settings_from_json(read_whole(path), path.string()), ""};
    } catch (const std::exception& error) {
        return {{}, error.what()};
    }
}

}  // namespace rwkvk::desktop
