#pragma once

#include "runtime/api/handles.h"
#include "runtime/text/sampler.h"

namespace rwkvk::api {

/// Errors: Code::bad_argument for an unknown order.
text::SamplerParams to_params(const rwkvk_sampler_params& params);

}  // namespace rwkvk::api
