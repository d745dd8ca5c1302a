#pragma once
// What llama-quantize makes of its types of files, by their names.

#include <string_view>

#include "runtime/model/matrix_formats.h"

namespace rwkvk {

/// "Q4_K_M", "q8_0", "15": what llama.cpp makes of that name for a model of RWKV, in any case; "keep" and
/// "COPY" change no matrix. Errors: Code::bad_argument, with what to take instead where llama.cpp has a name
/// that is not made here.
MatrixFormats matrix_formats_named(std::string_view name);

}  // namespace rwkvk
