#include "ollama_models.h"

#include <cstdio>
#include <sstream>

#include "ollama.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

// There is no limit; programs that cut what they send need a number.
constexpr int64_t any_context = 1 << 20;
constexpr const char* never = "9999-12-31T23:59:59Z";

/// "rwkv7"
std::string family_of(const rwkvk_model_info& info) { return std::string("rwkv") + info.version[0]; }

/// "1.5B", "191.1M"
std::string parameters_of(uint64_t count) {
    char text[32];
    const double number = static_cast<double>(count);
    if (number >= 1e9) {
        std::snprintf(text, sizeof text, "%.1fB", number / 1e9);
    } else {
        std::snprintf(text, sizeof text, "%.1fM", number / 1e6);
    }
    return text;
}

json details_of(const rwkvk_model_info& info) {
    return {{"parent_model", ""},
            {"format", info.format},
            {"family", family_of(info)},
            {"families", json::array({family_of(info)})},
            {"parameter_size", parameters_of(info.parameters)},
            {"quantization_level", "unknown"}};
}

json entry_of(const Loaded& loaded, const std::string& name) {
    const rwkvk_model_info info = loaded.model.info();
    const std::string& print = loaded.system_fingerprint;  // "b2-" and the model's
    return {{"name", name},
            {"model", name},
            {"size", info.weight_bytes},
            {"digest", print.substr(print.find('-') + 1)},
            {"details", details_of(info)}};
}

/// Lines "name value", as a file for Ollama has them.
std::string lines_of(const json& params) {
    std::ostringstream lines;
    for (const char* const name : {"temperature", "top_k", "top_p", "min_p", "presence_penalty",
                                   "frequency_penalty", "repeat_penalty"})
        lines << name << ' ' << params.at(name).get<float>() << '\n';
    return lines.str();
}

}  // namespace

json ollama_tags(const Loaded& loaded) {
    json models = json::array();
    for (const std::string& name : loaded.names) {
        models.push_back(entry_of(loaded, name));
        models.back()["modified_at"] = time_now();
    }
    return {{"models", std::move(models)}};
}

json ollama_running(const Loaded& loaded) {
    json model = entry_of(loaded, loaded.names.front());
    model["expires_at"] = never;
    model["size_vram"] = loaded.engine.info().device_bytes;
    model["context_length"] = any_context;
    return {{"models", json::array({std::move(model)})}};
}

json ollama_show(const Loaded& loaded, const JobDefaults& defaults) {
    const rwkvk_model_info info = loaded.model.info();
    const std::string family = family_of(info);
    const Prompt any(loaded.model, loaded.tokenizer, {{"user", "?"}});
    json capabilities = json::array({"completion", "embedding"});
    if (loaded.knows.thinking) capabilities.push_back("thinking");
    if (loaded.knows.tools) capabilities.push_back("tools");
    return {{"modelfile", "FROM " + loaded.file + "\n"},
            {"parameters", lines_of(to_json(defaults.sampling(any.sampling())))},
            {"template", defaults.template_name},
            {"modified_at", time_now()},
            {"details", details_of(info)},
            {"model_info",
             {{"general.architecture", family},
              {"general.parameter_count", info.parameters},
              {family + ".context_length", any_context},
              {family + ".embedding_length", info.width},
              {family + ".block_count", info.layers},
              {family + ".vocab_size", info.vocabulary}}},
            {"capabilities", std::move(capabilities)}};
}

}  // namespace rwkvk::server
