#pragma once

#include <memory>

#include "runtime/api/handles.h"

namespace rwkvk::api {

inline constexpr uint32_t most_rows = 512;  // of a context

/// The model on the devices that the parameters name. Errors: as rwkvk_context_create.
std::shared_ptr<OpenContext> open_context(Runtime& runtime, std::shared_ptr<const Model> model,
                                          const rwkvk_context_params& params);

}  // namespace rwkvk::api
