#pragma once

#include <string>

#include "runtime/model/model.h"

namespace rwkvk {

/// The chat template that a model comes with: in its file; else, for files called as Hugging Face's programs
/// call them (model*, pytorch_model*), in chat_template.jinja or tokenizer_config.json beside it. Empty: none
/// that can be read.
std::string declared_chat_template(const Model& model);

}  // namespace rwkvk
