#pragma once

#include <vector>

#include "job.h"

namespace rwkvk::server {

/// "prompt": a text, ids, both in turn, {"prompt_string": text}, or a list of these. Errors: ApiError.
std::vector<JobPrompt> read_prompts(const Fields& fields, const Loaded& loaded);

}  // namespace rwkvk::server
