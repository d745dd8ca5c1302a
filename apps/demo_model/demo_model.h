#pragma once

#include <string_view>

namespace rwkvk {

/// The bytes of demo.gguf, for Runtime::load_memory.
std::string_view demo_model();

}  // namespace rwkvk
