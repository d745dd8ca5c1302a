#pragma once

#include <vector>

#include "job.h"

namespace rwkvk::server {

/// The field of that name: a text, ids, both in turn, {"prompt_string": text}, or a list of these. Errors:
/// ApiError.
std::vector<JobPrompt> read_prompts(const Fields& fields, const Loaded& loaded, const char* name = "prompt");

}  // namespace rwkvk::server
