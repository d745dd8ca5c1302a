#pragma once

#include "runtime/api/handles.h"
#include "runtime/text/sampler.h"

namespace rwkvk::api {

/// Errors: Code::bad_argument for an unknown order.
text::SamplerParams to_params(const rwkvk_sampler_params& params);

/// The other way round, with a size.
rwkvk_sampler_params from_params(const text::SamplerParams& params);

/// Added to the token's logit from now on; minus infinity bans it.
void set_bias(text::Sampler& sampler, text::Token token, float bias);

}  // namespace rwkvk::api
