#pragma once
// What Ollama's /api tells of the model: tags, ps, show.

#include "loaded.h"
#include "openai.h"

namespace rwkvk::server {

/// Of Ollama's API, whose programs look whether it is new enough.
constexpr const char* ollama_version = "0.11.0";

nlohmann::json ollama_tags(const Loaded& loaded);
nlohmann::json ollama_running(const Loaded& loaded);
nlohmann::json ollama_show(const Loaded& loaded, const JobDefaults& defaults);

}  // namespace rwkvk::server
