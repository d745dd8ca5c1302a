#pragma once

#include "runtime/model/model.h"

namespace rwkvk {

/// llama.cpp's number for a file of the model as it is (`general.file_type`): that of most elements.
uint32_t gguf_file_type(const Model& model);

}  // namespace rwkvk
