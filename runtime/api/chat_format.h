#pragma once

#include "runtime/model/model.h"
#include "runtime/text/chat_template.h"

namespace rwkvk::api {

/// What `template_name` and `template_text` of parameters choose for the model; a template that its file
/// declares and nobody knows is logged. Errors: Code::bad_argument.
text::ChatTemplate chat_format(const char* template_name, const char* template_text, const Model& model);

/// One of RWKVK_THINK_*. Errors: Code::bad_argument.
text::Thinking to_thinking(int32_t thinking);

/// How answers are drawn: as the model's file recommends, else as the template does.
text::SamplerParams chat_sampling(const text::ChatTemplate& format, text::Thinking thinking,
                                  const Model& model);

}  // namespace rwkvk::api
