#pragma once
// OpenAI's POST /v1/embeddings, Ollama's /api/embed and /api/embeddings.

#include "embedding.h"

namespace rwkvk::server {

// Errors: ApiError. `loaded` outlives the jobs.
EmbeddingJob read_embedding_job(const nlohmann::json& body, const Loaded& loaded);
EmbeddingJob read_ollama_embed_job(const nlohmann::json& body, const Loaded& loaded);
/// The older way, of one text.
EmbeddingJob read_ollama_embeddings_job(const nlohmann::json& body, const Loaded& loaded);

/// The floats' bytes, least first.
std::string base64_of(const std::vector<float>& vector);

}  // namespace rwkvk::server
