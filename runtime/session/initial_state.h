#pragma once

#include <string>

#include "runtime/session/state_file.h"

namespace rwkvk {

/// From a file: a tuned state (.pth, or .safetensors as web-rwkv converts it), a whole model that has one, or
/// a saved state of this model. Errors: as load::open_tensors, tuned_state and read_state_file;
/// Code::bad_file for a file without one; Code::unsupported for versions that have no such state.
std::vector<float> read_initial_state(const std::string& path, const Model& model);
/// With its position, which is 0 for a tuned one. Errors: the same.
SavedState read_any_state(const std::string& path, const Model& model);

/// Whether the file is a saved or a tuned state, and no model; false for what cannot be read, too.
bool is_only_state(const std::string& path);

}  // namespace rwkvk
