#pragma once
// A sequence's state as a file: a safetensors container with one float32 tensor per state tensor, under its
// name and in its canonical layout, and metadata that binds it to its model. With the tokens that made it, as
// an int32 tensor `tokens`, it is of version 2.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/model/model.h"
#include "runtime/text/tokenizer.h"

namespace rwkvk {

struct SavedState {
    std::vector<float> values;             // as Context::state gives them
    uint64_t position = 0;                 // tokens that made it
    std::vector<text::Token> tokens = {};  // these, where they are known
};

/// Writes a whole file or leaves what is there. Reads all of the model's weights for the fingerprint.
/// Errors: Code::io; Code::bad_shape for another number of values than the model's state has;
/// Code::not_finite for a state that could not be read back.
void write_state_file(const std::string& path, const Model& model, std::span<const float> state,
                      uint64_t position);

/// The bytes of such a file, with the tokens where they are known. Errors: Code::bad_shape, Code::not_finite
/// likewise; `where` names it in them.
std::vector<std::byte> encode_state(const SavedState& state, const std::string& where, const Model& model);

/// Whether the file says it is one. Errors: Code::io; as load::read_safetensors.
bool is_state_file(const std::string& path);

/// Errors: Code::io; Code::bad_file (damaged, not a state, of another model); Code::unsupported (of a newer
/// version); Code::bad_shape (tensors that are not the model's); Code::not_finite.
SavedState read_state_file(const std::string& path, const Model& model);

/// The same of a file's bytes; `where` names it in errors.
SavedState parse_state(std::span<const std::byte> file, const std::string& where, const Model& model);

}  // namespace rwkvk
